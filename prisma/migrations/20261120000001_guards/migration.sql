-- What the schema language cannot say: the hash chain of the history, what a row must be to make sense, what may
-- exist only once at a time, and the catalogue of services and permissions.
-- Indexes here are all partial: db:diff does not know those and so never wants them away.

-- ---------------------------------------------------------------------------------------------------------------
-- The history is append-only and each company's part of it is a hash chain (F-03).
-- ---------------------------------------------------------------------------------------------------------------

-- Sets seq, previous and hash, whatever the insert says, and moves the head of the chain, which the serving role can
-- only read. The hash is sha256(previous || canonical text); the canonical text is every other column in this order
-- as netstrings (`<bytes>:<text>,`, NULL as `-,`), so that no two rows have the same one and any language can write
-- it again: src/platform/audit/chain.ts does. New facts go into `details`: another column would need another hash.
CREATE FUNCTION history_append() RETURNS trigger
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
  head history_chain%ROWTYPE;
  field text;
  canonical text := '';
BEGIN
  -- On any other table it would move heads without an entry.
  IF TG_RELID <> 'public.history'::regclass THEN
    RAISE insufficient_privilege USING MESSAGE = 'history_append is the trigger of history alone';
  END IF;
  SELECT * INTO head FROM history_chain WHERE id = NEW.chain_id FOR UPDATE;
  IF NOT FOUND THEN
    IF NEW.chain_id <> '00000000-0000-0000-0000-000000000000'
      AND NOT EXISTS (SELECT FROM company WHERE id = NEW.chain_id) THEN
      RAISE foreign_key_violation USING MESSAGE = format('history: there is no company %s', NEW.chain_id);
    END IF;
    INSERT INTO history_chain (id, seq, hash) VALUES (NEW.chain_id, 0, decode(repeat('00', 32), 'hex'))
      ON CONFLICT (id) DO NOTHING;
    SELECT * INTO head FROM history_chain WHERE id = NEW.chain_id FOR UPDATE;
  END IF;

  NEW.seq := head.seq + 1;
  NEW.previous := head.hash;
  FOREACH field IN ARRAY ARRAY[
    NEW.id::text,
    NEW.chain_id::text,
    NEW.seq::text,
    to_char(NEW.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    NEW.actor_kind::text,
    NEW.actor_id::text,
    NEW.actor_login_id,
    NEW.actor_name,
    NEW.certificate_serial,
    NEW.ip,
    NEW.operation,
    NEW.outcome::text,
    NEW.reason,
    NEW.subject_kind,
    NEW.subject_id::text,
    NEW.subject_label,
    NEW.details
  ] LOOP
    canonical := canonical
      || CASE WHEN field IS NULL THEN '-,' ELSE octet_length(convert_to(field, 'UTF8')) || ':' || field || ',' END;
  END LOOP;
  NEW.hash := sha256(NEW.previous || convert_to(canonical, 'UTF8'));

  UPDATE history_chain SET seq = NEW.seq, hash = NEW.hash WHERE id = NEW.chain_id;
  RETURN NEW;
END
$$;

CREATE FUNCTION history_keep() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RAISE insufficient_privilege USING
    MESSAGE = format('%s is append-only: %s is refused', TG_TABLE_NAME, lower(TG_OP)),
    HINT = 'A correction is a new entry.';
END
$$;

-- A trigger needs no right to call its function; nobody else has a use for these.
REVOKE ALL ON FUNCTION history_append() FROM PUBLIC;
REVOKE ALL ON FUNCTION history_keep() FROM PUBLIC;

CREATE TRIGGER history_append BEFORE INSERT ON history
  FOR EACH ROW EXECUTE FUNCTION history_append();
CREATE TRIGGER history_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON history
  FOR EACH STATEMENT EXECUTE FUNCTION history_keep();

-- Only an insert into history moves a head, and nothing takes one away.
CREATE TRIGGER history_chain_keep BEFORE DELETE OR TRUNCATE ON history_chain
  FOR EACH STATEMENT EXECUTE FUNCTION history_keep();
CREATE TRIGGER history_chain_move BEFORE INSERT OR UPDATE ON history_chain
  FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION history_keep();

-- Every entry updates its head: room on the page keeps those updates off the index.
ALTER TABLE history_chain SET (fillfactor = 50);

ALTER TABLE history
  ADD CONSTRAINT history_details_object CHECK (details IS JSON OBJECT WITH UNIQUE KEYS),
  -- A batch of entries must fit in memory when the chain is verified.
  ADD CONSTRAINT history_details_size CHECK (octet_length(details) <= 65536),
  ADD CONSTRAINT history_refusal_reason CHECK (outcome <> 'refused' OR reason IS NOT NULL),
  ADD CONSTRAINT history_hash_length CHECK (octet_length(previous) = 32 AND octet_length(hash) = 32),
  ADD CONSTRAINT history_seq_positive CHECK (seq >= 1);
ALTER TABLE history_chain
  ADD CONSTRAINT history_chain_hash_length CHECK (octet_length(hash) = 32),
  ADD CONSTRAINT history_chain_seq_counts CHECK (seq >= 0);

-- Refused tries are few and often looked for (F-01).
CREATE INDEX history_refused_idx ON history (chain_id, at, id) WHERE outcome = 'refused';
CREATE INDEX history_refused_operation_idx ON history (chain_id, operation, at, id) WHERE outcome = 'refused';
-- What was done to a user, by whomever: the helpdesk's page of a customer, and the search by user (F-01, H-02).
CREATE INDEX history_subject_idx ON history (chain_id, subject_id, at, id) WHERE subject_id IS NOT NULL;

-- ---------------------------------------------------------------------------------------------------------------
-- Whose it is: exactly one holder, a user within a company or a member of staff.
-- ---------------------------------------------------------------------------------------------------------------

ALTER TABLE credential ADD CONSTRAINT credential_one_holder CHECK (
  num_nonnulls(user_id, staff_id) = 1 AND (user_id IS NULL) = (company_id IS NULL));
ALTER TABLE acquisition_password ADD CONSTRAINT acquisition_password_one_holder CHECK (
  num_nonnulls(user_id, staff_id) = 1 AND (user_id IS NULL) = (company_id IS NULL));
ALTER TABLE certificate ADD CONSTRAINT certificate_one_holder CHECK (
  num_nonnulls(user_id, staff_id) = 1 AND (user_id IS NULL) = (company_id IS NULL));
ALTER TABLE session
  ADD CONSTRAINT session_one_holder CHECK (
    num_nonnulls(user_id, staff_id) = 1 AND (user_id IS NULL) = (company_id IS NULL)),
  ADD CONSTRAINT session_kind_holder CHECK (
    CASE kind WHEN 'user' THEN user_id IS NOT NULL WHEN 'staff' THEN staff_id IS NOT NULL ELSE true END);

-- The key by which a login ID is unique is that login ID in lower case (A-00).
ALTER TABLE "user" ADD CONSTRAINT user_login_id_key CHECK (login_id_key = lower(login_id COLLATE pg_c_utf8));
ALTER TABLE staff ADD CONSTRAINT staff_login_id_key CHECK (login_id_key = lower(login_id COLLATE pg_c_utf8));

-- ---------------------------------------------------------------------------------------------------------------
-- What a certificate has by the time it is in a state (C-10). Void is reached from before and after signing.
-- ---------------------------------------------------------------------------------------------------------------

ALTER TABLE certificate
  ADD CONSTRAINT certificate_prepared_is_recorded CHECK (
    state IN ('requested', 'void') OR (serial IS NOT NULL AND issuer_id IS NOT NULL AND tbs IS NOT NULL)),
  ADD CONSTRAINT certificate_signed_is_kept CHECK (
    state IN ('requested', 'prepared', 'void') OR (der IS NOT NULL AND fingerprint IS NOT NULL));

-- ---------------------------------------------------------------------------------------------------------------
-- Amounts and counters.
-- ---------------------------------------------------------------------------------------------------------------

ALTER TABLE account_limit ADD CONSTRAINT account_limit_not_negative CHECK (amount >= 0 AND ceiling >= 0);
ALTER TABLE company_limit ADD CONSTRAINT company_limit_not_negative CHECK (amount >= 0 AND ceiling >= 0);
ALTER TABLE user_limit ADD CONSTRAINT user_limit_not_negative CHECK (amount >= 0);
ALTER TABLE credential ADD CONSTRAINT credential_counters CHECK (
  failures >= 0 AND stranger_failures >= 0 AND lock_count >= 0);
ALTER TABLE acquisition_password ADD CONSTRAINT acquisition_password_counters CHECK (failures >= 0);
ALTER TABLE outbox_mail ADD CONSTRAINT outbox_mail_counters CHECK (attempts >= 0);
ALTER TABLE session ADD CONSTRAINT session_idle_positive CHECK (idle_seconds > 0);
ALTER TABLE company ADD CONSTRAINT company_versions CHECK (version >= 0 AND policy_version >= 1);
ALTER TABLE company_policy ADD CONSTRAINT company_policy_version CHECK (version >= 1);
ALTER TABLE "user" ADD CONSTRAINT user_version CHECK (version >= 0);
ALTER TABLE staff ADD CONSTRAINT staff_version CHECK (version >= 0);
ALTER TABLE draft ADD CONSTRAINT draft_version CHECK (version >= 0);

-- ---------------------------------------------------------------------------------------------------------------
-- What may exist only once at a time.
-- ---------------------------------------------------------------------------------------------------------------

-- One live session (B-13). One that waits for 「再ログイン」 is not live yet.
CREATE UNIQUE INDEX session_one_live_user ON session (user_id)
  WHERE ended_at IS NULL AND kind = 'user' AND stage <> 'takeover';
CREATE UNIQUE INDEX session_one_live_staff ON session (staff_id)
  WHERE ended_at IS NULL AND kind = 'staff' AND stage <> 'takeover';

-- One usable acquisition password: a new one voids the one before (C-09).
CREATE UNIQUE INDEX acquisition_password_one_usable_user ON acquisition_password (user_id)
  WHERE used_at IS NULL AND voided_at IS NULL AND user_id IS NOT NULL;
CREATE UNIQUE INDEX acquisition_password_one_usable_staff ON acquisition_password (staff_id)
  WHERE used_at IS NULL AND voided_at IS NULL AND staff_id IS NOT NULL;

-- The mails still to be sent, oldest first (I-04).
CREATE INDEX outbox_mail_unsent ON outbox_mail (created_at, id) WHERE sent_at IS NULL;

-- ---------------------------------------------------------------------------------------------------------------
-- The catalogue: the services, and for each the boxes of the permission matrix, in the order of the manual's
-- 利用者登録[権限] screen: enquiries, movements of funds with their approval, administration (D-04); then 外為予約.
-- ---------------------------------------------------------------------------------------------------------------

INSERT INTO service (code, sort, approval, user_limit) VALUES
  ('balance',       10, NULL,       false), -- 残高照会
  ('statement',     20, NULL,       false), -- 入出金明細照会
  ('incoming',      30, NULL,       false), -- 振込入金明細照会
  ('transfer',      40, 'optional', true),  -- 振込振替
  ('bulk_transfer', 50, 'required', true),  -- 総合振込
  ('payroll',       60, 'required', true),  -- 給与・賞与振込
  ('direct_debit',  70, 'required', true),  -- 口座振替
  ('history',       80, NULL,       false), -- 操作履歴
  ('fx',            90, NULL,       false); -- 外為予約

INSERT INTO permission (service_code, code, sort, kind, administrators_only) VALUES
  ('balance',       'view',                    10, 'enquiry',    false), -- 照会
  ('statement',     'view',                    10, 'enquiry',    false),
  ('incoming',      'view',                    10, 'enquiry',    false),
  ('transfer',      'request_preregistered',   10, 'request',    false), -- 依頼（事前登録口座）
  ('transfer',      'request_user_registered', 20, 'request',    false), -- 依頼（利用者登録口座）
  ('transfer',      'request_new',             30, 'request',    false), -- 依頼（新規口座指定）
  ('transfer',      'payees',                  40, 'payees',     false), -- 振込先管理
  ('transfer',      'enquire_all',             50, 'enquiry',    false), -- 全取引照会
  ('transfer',      'approve',                 60, 'approve',    false), -- 承認
  ('bulk_transfer', 'request_screen',          10, 'request',    false), -- 依頼（画面入力）
  ('bulk_transfer', 'request_file',            20, 'request',    false), -- 依頼（ファイル受付）
  ('bulk_transfer', 'payees',                  30, 'payees',     false), -- 振込先管理
  ('bulk_transfer', 'enquire_all',             40, 'enquiry',    false), -- 全取引照会
  ('bulk_transfer', 'approve',                 50, 'approve',    false), -- 承認
  ('payroll',       'request_screen',          10, 'request',    false),
  ('payroll',       'request_file',            20, 'request',    false),
  ('payroll',       'payees',                  30, 'payees',     false),
  ('payroll',       'enquire_all',             40, 'enquiry',    false),
  ('payroll',       'approve',                 50, 'approve',    false),
  ('direct_debit',  'request_screen',          10, 'request',    false),
  ('direct_debit',  'request_file',            20, 'request',    false),
  ('direct_debit',  'payees',                  30, 'payees',     false), -- 請求先管理
  ('direct_debit',  'enquire_all',             40, 'enquiry',    false),
  ('direct_debit',  'result_enquiry',          50, 'enquiry',    false), -- 振替結果照会
  ('direct_debit',  'approve',                 60, 'approve',    false),
  ('history',       'all',                     10, 'enquiry',    false), -- 全操作履歴照会
  ('fx',            'deal',                    10, 'deal',       false), -- 為替予約取引入力
  ('fx',            'leave_order',             20, 'deal',       false), -- リーブオーダー入力
  ('fx',            'confirm',                 30, 'deal',       false), -- コンファーム
  ('fx',            'manage',                  40, 'deal',       false), -- 取引管理
  ('fx',            'restrict_users',          50, 'administer', true);  -- ユーザ制限設定
