-- AlterTable
ALTER TABLE "known_browser" ADD COLUMN     "failures" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "retry_after" TIMESTAMPTZ(3);
