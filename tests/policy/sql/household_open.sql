SELECT
  "household_no"
FROM household_0
WHERE
  "H-1" IS NULL OR "H-2" IS NULL OR "H-3" IS NULL
UNION
SELECT
  "household_no"
FROM person_open
