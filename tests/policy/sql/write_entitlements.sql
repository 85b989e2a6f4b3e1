SELECT
  LEFT("person_no", 6) AS county_code,
  'P-1' AS rule,
  'person' AS entity,
  "person_no" AS subject,
  CAST("household_no" AS TEXT) AS household_no,
  region_code,
  CAST(1000 AS DECIMAL(18, 2)) AS amount,
  'yuan' AS unit,
  'year' AS period
FROM person_out
WHERE
  "P-1"
