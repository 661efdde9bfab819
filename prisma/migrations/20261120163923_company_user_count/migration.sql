-- CreateTable
CREATE TABLE "company_user_count" (
    "company_id" UUID NOT NULL,
    "listed" INTEGER NOT NULL,
    "changes" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "company_user_count_pkey" PRIMARY KEY ("company_id")
);

-- AddForeignKey
ALTER TABLE "company_user_count" ADD CONSTRAINT "company_user_count_company_id_fkey" FOREIGN KEY ("company_id") REFERENCES "company"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- ---------------------------------------------------------------------------------------------------------------
-- 利用者一覧 (D-01): how many users a company has, deleted ones aside. Counting ten thousand anew costs a page of the list
-- more than all the rest of it. Kept in the transaction that changes it, by whatever way, so that every reader's count is
-- that of the users it sees; the serving role can only read it. It is the last row a change of a user holds, until it commits.
-- ---------------------------------------------------------------------------------------------------------------

CREATE FUNCTION user_count_added() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO public.company_user_count AS kept (company_id, listed, changes)
  SELECT company_id, count(*) FILTER (WHERE service_state <> 'deleted'), 1
    FROM added GROUP BY company_id ORDER BY company_id
  ON CONFLICT (company_id) DO UPDATE SET listed = kept.listed + EXCLUDED.listed, changes = kept.changes + 1;
  RETURN NULL;
END $$;

CREATE FUNCTION user_count_removed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE public.company_user_count AS kept SET listed = kept.listed - gone.listed, changes = kept.changes + 1
    FROM (SELECT company_id, count(*) FILTER (WHERE service_state <> 'deleted') AS listed FROM removed GROUP BY company_id) AS gone
   WHERE kept.company_id = gone.company_id;
  RETURN NULL;
END $$;

CREATE FUNCTION user_count_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE public.company_user_count
     SET listed = listed + (NEW.service_state <> 'deleted')::int - (OLD.service_state <> 'deleted')::int, changes = changes + 1
   WHERE company_id = NEW.company_id;
  RETURN NULL;
END $$;

-- Nobody may hang them on a table of their own, and move the counts with the owner's rights.
REVOKE EXECUTE ON FUNCTION user_count_added(), user_count_removed(), user_count_changed() FROM PUBLIC;

CREATE TRIGGER user_count_added AFTER INSERT ON "user"
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION user_count_added();
CREATE TRIGGER user_count_removed AFTER DELETE ON "user"
  REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION user_count_removed();
-- A login, which happens to a user every day, is none of these. No user ever moves to another company.
CREATE TRIGGER user_count_changed AFTER UPDATE OF name, login_id_key, service_state ON "user" FOR EACH ROW
  WHEN (OLD.name <> NEW.name OR OLD.login_id_key <> NEW.login_id_key
        OR (OLD.service_state = 'deleted') <> (NEW.service_state = 'deleted'))
  EXECUTE FUNCTION user_count_changed();

-- The triggers keep others from changing users until this is committed.
INSERT INTO company_user_count (company_id, listed, changes)
SELECT company_id, count(*) FILTER (WHERE service_state <> 'deleted'), 0 FROM "user" GROUP BY company_id;

ALTER TABLE company_user_count ADD CONSTRAINT company_user_count_listed CHECK (listed >= 0);
