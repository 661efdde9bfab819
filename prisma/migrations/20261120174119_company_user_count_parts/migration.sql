-- ---------------------------------------------------------------------------------------------------------------
-- 利用者一覧 (D-01): one row a company made everybody of it wait who changed their own name or finished 初期登録 while a file
-- of users was being registered, longer than anybody waits for a lock (D-13, I-05). Now there are several, of which each
-- transaction takes one that is free, or adds one: nobody ever waits for a count. There come to be as many as have changed
-- users at once. Their sum goes by the name of the table that was, which the previous version of the program reads.
-- ---------------------------------------------------------------------------------------------------------------

ALTER TABLE "company_user_count" RENAME TO "company_user_count_part";
ALTER TABLE "company_user_count_part" RENAME CONSTRAINT "company_user_count_company_id_fkey" TO "company_user_count_part_company_id_fkey";
-- A part may be below zero: who came by one goes by another.
ALTER TABLE "company_user_count_part"
  DROP CONSTRAINT "company_user_count_listed",
  DROP CONSTRAINT "company_user_count_pkey",
  ADD COLUMN "part" UUID NOT NULL DEFAULT gen_random_uuid(),
  ADD CONSTRAINT "company_user_count_part_pkey" PRIMARY KEY ("company_id", "part");

-- Of one statement's snapshot, as the users that it sees. Each part's changes only grow: the same sum is the same users.
CREATE VIEW company_user_count AS
SELECT company_id, sum(listed)::int AS listed, sum(changes)::bigint AS changes
  FROM company_user_count_part GROUP BY company_id;

-- The steps of `changes` are left to chance: a database that is restored from a backup doesn't come, by another way, to a
-- number that a program remembers from before.
CREATE FUNCTION user_count_moved(company uuid, users bigint) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  step CONSTANT bigint := 1 + floor(random() * 1073741824);
  free uuid;
BEGIN
  -- The one that this transaction holds already comes first, so that it never holds more.
  SELECT part INTO free FROM public.company_user_count_part
   WHERE company_id = company
   ORDER BY xmin = pg_current_xact_id()::xid DESC, part
   LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED;
  IF FOUND THEN
    UPDATE public.company_user_count_part SET listed = listed + users, changes = changes + step
     WHERE company_id = company AND part = free;
  ELSE
    INSERT INTO public.company_user_count_part (company_id, listed, changes) VALUES (company, users, step);
  END IF;
END $$;

CREATE OR REPLACE FUNCTION user_count_added() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM public.user_count_moved(company_id, come)
     FROM (SELECT company_id, count(*) FILTER (WHERE service_state <> 'deleted') AS come FROM added GROUP BY company_id) AS each;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION user_count_removed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM public.user_count_moved(company_id, -gone)
     FROM (SELECT company_id, count(*) FILTER (WHERE service_state <> 'deleted') AS gone FROM removed GROUP BY company_id) AS each;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION user_count_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM public.user_count_moved(NEW.company_id,
    (NEW.service_state <> 'deleted')::int - (OLD.service_state <> 'deleted')::int);
  RETURN NULL;
END $$;

REVOKE EXECUTE ON FUNCTION user_count_moved(uuid, bigint) FROM PUBLIC;
