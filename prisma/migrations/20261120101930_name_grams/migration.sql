-- AlterTable
ALTER TABLE "user" ADD COLUMN     "name_grams" TEXT[] DEFAULT ARRAY[]::TEXT[];

-- Any part of a name is found by its pairs of characters: names are searched by two characters as often as by more, which no
-- index of trigrams answers. Lower case and without spaces, as the search compares them; single characters are kept beside.
CREATE FUNCTION user_name_grams() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  NEW.name_grams := ARRAY(
    SELECT DISTINCT substr(name, i, width)
      FROM (SELECT lower(translate(NEW.name, U&' \3000', ''))) AS t (name),
           generate_series(1, 2) AS width, generate_series(1, length(name) - width + 1) AS i);
  RETURN NEW;
END $$;

CREATE TRIGGER user_name_grams BEFORE INSERT OR UPDATE OF name ON "user"
  FOR EACH ROW EXECUTE FUNCTION user_name_grams();

UPDATE "user" SET name = name;

CREATE INDEX user_name_grams ON "user" USING gin (name_grams) WITH (fastupdate = off)
  WHERE name_grams IS NOT NULL;

-- Mail addresses are found by their beginnings.
CREATE INDEX user_email_beginning ON "user" (lower(email) text_pattern_ops);
