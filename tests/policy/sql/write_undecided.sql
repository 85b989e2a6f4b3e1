SELECT
  LEFT("household_no", 6) AS county_code,
  'H-1' AS rule,
  'household' AS entity,
  "household_no" AS subject,
  CAST("household_no" AS TEXT) AS household_no,
  region_code,
  "missing.H-1" AS missing
FROM household_out_u
WHERE
  "H-1" IS NULL
UNION ALL
SELECT
  LEFT("household_no", 6) AS county_code,
  'H-2' AS rule,
  'household' AS entity,
  "household_no" AS subject,
  CAST("household_no" AS TEXT) AS household_no,
  region_code,
  "missing.H-2" AS missing
FROM household_out_u
WHERE
  "H-2" IS NULL
UNION ALL
SELECT
  LEFT("household_no", 6) AS county_code,
  'H-3' AS rule,
  'household' AS entity,
  "household_no" AS subject,
  CAST("household_no" AS TEXT) AS household_no,
  region_code,
  "missing.H-3" AS missing
FROM household_out_u
WHERE
  "H-3" IS NULL
UNION ALL
SELECT
  LEFT("person_no", 6) AS county_code,
  'P-1' AS rule,
  'person' AS entity,
  "person_no" AS subject,
  CAST("household_no" AS TEXT) AS household_no,
  region_code,
  "missing.P-1" AS missing
FROM person_out_u
WHERE
  "P-1" IS NULL
UNION ALL
SELECT
  LEFT("person_no", 6) AS county_code,
  'P-2' AS rule,
  'person' AS entity,
  "person_no" AS subject,
  CAST("household_no" AS TEXT) AS household_no,
  region_code,
  "missing.P-2" AS missing
FROM person_out_u
WHERE
  "P-2" IS NULL
UNION ALL
SELECT
  LEFT("person_no", 6) AS county_code,
  'P-3' AS rule,
  'person' AS entity,
  "person_no" AS subject,
  CAST("household_no" AS TEXT) AS household_no,
  region_code,
  "missing.P-3" AS missing
FROM person_out_u
WHERE
  "P-3" IS NULL
