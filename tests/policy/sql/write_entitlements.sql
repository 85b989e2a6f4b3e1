SELECT
  LEFT("person_no", 6) AS county_code,
  'P-1' AS rule,
  'person' AS entity,
  "person_no" AS subject,
  CAST("household_no" AS TEXT) AS household_no,
  region_code,
  "P-1" AS amount,
  'yuan' AS unit,
  'year' AS period
FROM person_out
WHERE
  "P-1" > 0
