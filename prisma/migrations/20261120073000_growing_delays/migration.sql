-- AlterTable
ALTER TABLE "credential" ADD COLUMN     "retry_after" TIMESTAMPTZ(3);
