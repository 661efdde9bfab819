-- Whoever has yet to give a second factor has no live session: the owner's must not end by a password alone (B-13).
-- A migration of its own, since a new value of an enum can't be used in the transaction that adds it.
DROP INDEX session_one_live_user;
DROP INDEX session_one_live_staff;
CREATE UNIQUE INDEX session_one_live_user ON session (user_id)
  WHERE ended_at IS NULL AND kind = 'user' AND stage NOT IN ('takeover', 'second_factor');
CREATE UNIQUE INDEX session_one_live_staff ON session (staff_id)
  WHERE ended_at IS NULL AND kind = 'staff' AND stage NOT IN ('takeover', 'second_factor');
