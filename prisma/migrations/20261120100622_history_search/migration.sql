-- 操作履歴照会 over a million entries (F-01): a search by user and operation or outcome is answered from the index alone.
-- Both are partial, as all that the schema language cannot say (see the migration guards).
CREATE INDEX history_actor_idx ON history (chain_id, actor_id, at, id) INCLUDE (operation, outcome)
  WHERE actor_id IS NOT NULL;
DROP INDEX history_chain_id_actor_id_at_id_idx;
CREATE INDEX history_about_idx ON history (chain_id, subject_id, at, id) INCLUDE (operation, outcome)
  WHERE subject_id IS NOT NULL;
DROP INDEX history_subject_idx;
