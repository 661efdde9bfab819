-- A passkey proves who is there at the login and, once more, before what changes a factor: two purposes, two names.
ALTER TYPE "passkey_purpose" RENAME VALUE 'second_factor' TO 'step_up';
