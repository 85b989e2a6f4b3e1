SELECT
  LEFT("household_no", 6) AS county_code,
  household_no,
  region_code,
  "H-1",
  "H-2",
  "H-3"
FROM household_0
