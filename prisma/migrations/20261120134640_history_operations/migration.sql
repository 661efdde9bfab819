-- 操作履歴照会 (F-01): what is found by operation is narrowed to users from the index alone. Both are partial, as all that the
-- schema language cannot say (see the migration guards); no entry is without an operation.
CREATE INDEX history_operation_idx ON history (chain_id, operation, at, id) INCLUDE (actor_id, subject_id)
  WHERE operation IS NOT NULL;
DROP INDEX history_chain_id_operation_at_id_idx;
CREATE INDEX history_operation_refused_idx ON history (chain_id, operation, at, id) INCLUDE (actor_id, subject_id)
  WHERE outcome = 'refused';
DROP INDEX history_refused_operation_idx;
