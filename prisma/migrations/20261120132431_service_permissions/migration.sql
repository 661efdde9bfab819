-- Whom a service still lets in: looked up by user when a permission goes, and by the session that has run out.
CREATE INDEX service_entry_live ON service_entry (user_id) WHERE ended_at IS NULL;

-- A permission that is taken away ends the entries that it had opened, and their services are told (G-05). At the commit: a
-- change of rights takes all of them away and gives what stays anew.
CREATE FUNCTION service_entry_end_unpermitted() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS $$
BEGIN
  UPDATE service_entry e
     SET ended_at = now(), next_try_at = now(), ticket_hash = NULL
    FROM service_client c JOIN portal_service s ON s.code = c.service_code
   WHERE e.user_id = OLD.user_id AND e.ended_at IS NULL AND c.client_id = e.client_id
     AND s.permission_service = OLD.service_code AND s.permission_code = OLD.permission_code
     AND NOT EXISTS (
       SELECT FROM user_permission p
        WHERE p.company_id = OLD.company_id AND p.user_id = OLD.user_id
          AND p.service_code = OLD.service_code AND p.permission_code = OLD.permission_code);
  IF FOUND THEN
    PERFORM pg_notify('service_logout', '');
  END IF;
  RETURN NULL;
END
$$;

CREATE CONSTRAINT TRIGGER service_entry_end_unpermitted AFTER DELETE ON user_permission
  DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION service_entry_end_unpermitted();
