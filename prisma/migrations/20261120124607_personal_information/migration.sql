-- AlterTable
ALTER TABLE "user" ADD COLUMN     "department" TEXT NOT NULL DEFAULT '',
ADD COLUMN     "organisation" TEXT NOT NULL DEFAULT '',
ADD COLUMN     "phone" TEXT;

-- What the form allows (G-06), counted generously: one character that people count may be several code points.
ALTER TABLE "user"
  ADD CONSTRAINT "user_phone_e164" CHECK ("phone" ~ '^\+[1-9][0-9]{4,14}$'),
  ADD CONSTRAINT "user_organisation_length" CHECK (char_length("organisation") <= 480),
  ADD CONSTRAINT "user_department_length" CHECK (char_length("department") <= 480);
