-- C-06: whose certificate has run out is told so as well, on the day after its last one.
ALTER TABLE certificate_notice DROP CONSTRAINT certificate_notice_days;
ALTER TABLE certificate_notice ADD CONSTRAINT certificate_notice_days CHECK (days_before >= -1);
