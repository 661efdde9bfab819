-- CreateEnum
CREATE TYPE "service_for" AS ENUM ('everyone', 'administrators', 'certificate_users');

-- CreateEnum
CREATE TYPE "posting_kind" AS ENUM ('announcement', 'information', 'survey');

-- CreateEnum
CREATE TYPE "question_kind" AS ENUM ('single', 'multiple', 'text');

-- CreateTable
CREATE TABLE "portal_service" (
    "code" TEXT NOT NULL,
    "sort" INTEGER NOT NULL,
    "name_ja" TEXT NOT NULL,
    "name_en" TEXT NOT NULL,
    "text_ja" TEXT NOT NULL,
    "text_en" TEXT NOT NULL,
    "href" TEXT NOT NULL,
    "for_whom" "service_for" NOT NULL,

    CONSTRAINT "portal_service_pkey" PRIMARY KEY ("code")
);

-- CreateTable
CREATE TABLE "posting" (
    "id" UUID NOT NULL,
    "kind" "posting_kind" NOT NULL,
    "title" TEXT NOT NULL,
    "body" TEXT NOT NULL,
    "sender" TEXT NOT NULL,
    "publish_at" TIMESTAMPTZ(3) NOT NULL,
    "ends_at" TIMESTAMPTZ(3),
    "withdrawn_at" TIMESTAMPTZ(3),
    "must_acknowledge" BOOLEAN NOT NULL DEFAULT false,
    "follows_id" UUID,
    "answer_until" TIMESTAMPTZ(3),
    "presets" TEXT[],
    "roles" "user_role"[],
    "targets_companies" BOOLEAN NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "created_by_id" UUID,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_by_id" UUID,

    CONSTRAINT "posting_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "posting_company" (
    "posting_id" UUID NOT NULL,
    "company_id" UUID NOT NULL,

    CONSTRAINT "posting_company_pkey" PRIMARY KEY ("posting_id","company_id")
);

-- CreateTable
CREATE TABLE "maintenance_window" (
    "posting_id" UUID NOT NULL,
    "position" INTEGER NOT NULL,
    "service_code" TEXT,
    "system_name" TEXT NOT NULL,
    "starts_at" TIMESTAMPTZ(3) NOT NULL,
    "ends_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "maintenance_window_pkey" PRIMARY KEY ("posting_id","position")
);

-- CreateTable
CREATE TABLE "survey_question" (
    "id" UUID NOT NULL,
    "posting_id" UUID NOT NULL,
    "position" INTEGER NOT NULL,
    "kind" "question_kind" NOT NULL,
    "text" TEXT NOT NULL,
    "required" BOOLEAN NOT NULL,
    "choices" TEXT[],

    CONSTRAINT "survey_question_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "posting_look" (
    "posting_id" UUID NOT NULL,
    "company_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "read_at" TIMESTAMPTZ(3) NOT NULL,
    "acknowledged_at" TIMESTAMPTZ(3),

    CONSTRAINT "posting_look_pkey" PRIMARY KEY ("posting_id","company_id","user_id")
);

-- CreateTable
CREATE TABLE "survey_answer" (
    "posting_id" UUID NOT NULL,
    "company_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "answered_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "survey_answer_pkey" PRIMARY KEY ("posting_id","company_id","user_id")
);

-- CreateTable
CREATE TABLE "survey_answer_item" (
    "posting_id" UUID NOT NULL,
    "company_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "question_id" UUID NOT NULL,
    "choices" INTEGER[],
    "text" TEXT NOT NULL DEFAULT '',

    CONSTRAINT "survey_answer_item_pkey" PRIMARY KEY ("posting_id","company_id","user_id","question_id")
);

-- CreateIndex
CREATE INDEX "posting_kind_publish_at_idx" ON "posting"("kind", "publish_at");

-- CreateIndex
CREATE UNIQUE INDEX "survey_question_posting_id_position_key" ON "survey_question"("posting_id", "position");

-- CreateIndex
CREATE UNIQUE INDEX "survey_question_posting_id_id_key" ON "survey_question"("posting_id", "id");

-- CreateIndex
CREATE INDEX "posting_look_company_id_user_id_idx" ON "posting_look"("company_id", "user_id");

-- CreateIndex
CREATE INDEX "survey_answer_company_id_user_id_idx" ON "survey_answer"("company_id", "user_id");

-- AddForeignKey
ALTER TABLE "posting" ADD CONSTRAINT "posting_created_by_id_fkey" FOREIGN KEY ("created_by_id") REFERENCES "staff"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "posting" ADD CONSTRAINT "posting_updated_by_id_fkey" FOREIGN KEY ("updated_by_id") REFERENCES "staff"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "posting" ADD CONSTRAINT "posting_follows_id_fkey" FOREIGN KEY ("follows_id") REFERENCES "posting"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "posting_company" ADD CONSTRAINT "posting_company_posting_id_fkey" FOREIGN KEY ("posting_id") REFERENCES "posting"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "posting_company" ADD CONSTRAINT "posting_company_company_id_fkey" FOREIGN KEY ("company_id") REFERENCES "company"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "maintenance_window" ADD CONSTRAINT "maintenance_window_posting_id_fkey" FOREIGN KEY ("posting_id") REFERENCES "posting"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "maintenance_window" ADD CONSTRAINT "maintenance_window_service_code_fkey" FOREIGN KEY ("service_code") REFERENCES "portal_service"("code") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "survey_question" ADD CONSTRAINT "survey_question_posting_id_fkey" FOREIGN KEY ("posting_id") REFERENCES "posting"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "posting_look" ADD CONSTRAINT "posting_look_posting_id_fkey" FOREIGN KEY ("posting_id") REFERENCES "posting"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "posting_look" ADD CONSTRAINT "posting_look_company_id_user_id_fkey" FOREIGN KEY ("company_id", "user_id") REFERENCES "user"("company_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "survey_answer" ADD CONSTRAINT "survey_answer_posting_id_fkey" FOREIGN KEY ("posting_id") REFERENCES "posting"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "survey_answer" ADD CONSTRAINT "survey_answer_company_id_user_id_fkey" FOREIGN KEY ("company_id", "user_id") REFERENCES "user"("company_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "survey_answer_item" ADD CONSTRAINT "survey_answer_item_posting_id_company_id_user_id_fkey" FOREIGN KEY ("posting_id", "company_id", "user_id") REFERENCES "survey_answer"("posting_id", "company_id", "user_id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "survey_answer_item" ADD CONSTRAINT "survey_answer_item_posting_id_question_id_fkey" FOREIGN KEY ("posting_id", "question_id") REFERENCES "survey_question"("posting_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE posting
  ADD CONSTRAINT posting_ends_later CHECK (ends_at > publish_at),
  ADD CONSTRAINT posting_deadline CHECK ((kind = 'survey') = (answer_until IS NOT NULL)),
  ADD CONSTRAINT posting_of_information CHECK (kind = 'information' OR (NOT must_acknowledge AND follows_id IS NULL));

-- A window that ends before it begins closes nothing and tells readers nonsense (H-06).
ALTER TABLE maintenance_window ADD CONSTRAINT maintenance_window_order CHECK (starts_at < ends_at);

-- What must be acknowledged is asked for at every page of a reader who has not: few rows, quickly found.
CREATE INDEX posting_must_acknowledge ON posting (publish_at) WHERE must_acknowledge AND withdrawn_at IS NULL;

INSERT INTO portal_service (code, sort, name_ja, name_en, text_ja, text_en, href, for_whom) VALUES
  ('administration', 10, '管理', 'Administration', '利用者の登録・照会など、管理者の方の業務です。', 'Register and look up users, and other work of administrators.', '/administration', 'administrators'),
  ('certificates', 20, '私の証明書', 'My certificates', '電子証明書の有効期限の確認、更新、紛失の届出ができます。', 'See when your certificates end, renew them, report a lost computer.', '/certificates', 'certificate_users'),
  ('history', 30, '操作履歴照会', 'Operation history', 'いつ、誰が、何をしたかを確認できます。', 'See who did what, and when.', '/history', 'everyone'),
  ('password', 40, 'パスワード変更', 'Change password', 'ログインパスワードを変更します。', 'Change your login password.', '/password', 'everyone');
