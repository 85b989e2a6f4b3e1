SELECT
  LEFT("person_no", 6) AS county_code,
  [COUNT_IF("P-1" > 0), COUNT_IF("P-2"), COUNT_IF("P-3")],
  [COUNT_IF("P-1" IS NULL), COUNT_IF("P-2" IS NULL), COUNT_IF("P-3" IS NULL)],
  [
    CAST(COALESCE(SUM("P-1"), 0) AS DECIMAL(38, 2)),
    CAST(0 AS DECIMAL(38, 2)),
    CAST(0 AS DECIMAL(38, 2))
  ]
FROM person_out
GROUP BY
  1
