-- AlterTable
ALTER TABLE "helpdesk_case" ADD COLUMN     "sent" TEXT;

-- AlterTable
ALTER TABLE "posting" ADD COLUMN     "sent" TEXT[] DEFAULT ARRAY[]::TEXT[];

-- What a change of a contract kept inside its proposal so far. It stays there, too, for the version that serves meanwhile.
UPDATE helpdesk_case SET sent = proposal ->> 'sent' WHERE kind = 'company_contract' AND proposal ? 'sent';
