SELECT
  "person_no",
  "household_no"
FROM person_out
WHERE
  "P-1" IS NULL OR "P-2" IS NULL OR "P-3" IS NULL
