-- 操作履歴照会 (F-01): what was refused is narrowed to users from the index alone, too.
CREATE INDEX history_was_refused_idx ON history (chain_id, at, id) INCLUDE (actor_id, subject_id)
  WHERE outcome = 'refused';
DROP INDEX history_refused_idx;
