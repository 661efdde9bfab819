-- Counts of ten minutes: a crash of the server may forget them, and no login waits until the disk has them.
ALTER TABLE rate_window SET UNLOGGED;
