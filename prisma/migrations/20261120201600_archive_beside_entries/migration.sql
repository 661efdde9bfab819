-- The owner takes entries that are in an archive out of the history while the portal goes on writing to it (F-04). Lifting
-- the guards, as it did, takes a lock on the whole table for which every entry waits.
--
-- Only the owner of the tables, who could lift the guards as well, and only where it says so for its transaction
-- (sekisho.archive), may move the end of what is archived forwards to an entry that is there, and then take away what stands
-- before that end. Whoever deletes anything else is refused as before.

CREATE FUNCTION history_archive_end() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  IF current_setting('sekisho.archive', true) = 'on'
    AND pg_has_role(current_user, (SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'USAGE')
    AND NEW.id = OLD.id AND NEW.seq = OLD.seq AND NEW.hash = OLD.hash
    AND NEW.archived_seq > OLD.archived_seq
    AND EXISTS (SELECT FROM history h
                 WHERE h.chain_id = NEW.id AND h.seq = NEW.archived_seq AND h.hash = NEW.archived_hash) THEN
    RETURN NEW;
  END IF;
  RAISE insufficient_privilege USING
    MESSAGE = format('%s is append-only: %s is refused', TG_TABLE_NAME, lower(TG_OP)),
    HINT = 'A correction is a new entry.';
END
$$;

CREATE FUNCTION history_archived() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  IF current_setting('sekisho.archive', true) = 'on'
    AND pg_has_role(current_user, (SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'USAGE')
    AND OLD.seq <= (SELECT archived_seq FROM history_chain WHERE id = OLD.chain_id) THEN
    RETURN OLD;
  END IF;
  RAISE insufficient_privilege USING
    MESSAGE = format('%s is append-only: %s is refused', TG_TABLE_NAME, lower(TG_OP)),
    HINT = 'A correction is a new entry.';
END
$$;

REVOKE ALL ON FUNCTION history_archive_end() FROM PUBLIC;
REVOKE ALL ON FUNCTION history_archived() FROM PUBLIC;

DROP TRIGGER history_keep ON history;
CREATE TRIGGER history_keep BEFORE UPDATE OR TRUNCATE ON history
  FOR EACH STATEMENT EXECUTE FUNCTION history_keep();
CREATE TRIGGER history_archived BEFORE DELETE ON history
  FOR EACH ROW EXECUTE FUNCTION history_archived();

DROP TRIGGER history_chain_move ON history_chain;
CREATE TRIGGER history_chain_move BEFORE INSERT ON history_chain
  FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION history_keep();
CREATE TRIGGER history_archive_end BEFORE UPDATE ON history_chain
  FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION history_archive_end();
