SELECT
  LEFT("household_no", 6) AS county_code,
  household_no,
  region_code,
  "var.per_head" AS "per_head",
  "var.supported" AS "supported"
FROM household_0
