WITH person_0_own AS NOT MATERIALIZED (
  SELECT
    "o"."father_no" AS "father_no",
    "o"."mother_no" AS "mother_no",
    "o"."months_absent" AS "months_absent",
    "o"."household_no" AS "household_no",
    "o"."medical_insurance" AS "medical_insurance",
    "o"."person_no" AS "person_no"
  FROM src_person AS o
), person_0 AS (
  SELECT
    "father_no" AS "father_no",
    "mother_no" AS "mother_no",
    "months_absent" >= 3 AS "person_out.agg0.where",
    "household_no" AS "household_no",
    ARRAY_CONTAINS(['ncms', 'resident'], "medical_insurance") AS "household_0.agg1.where"
  FROM person_0_own
), household_0_own AS NOT MATERIALIZED (
  SELECT
    "o"."household_no" AS "household_no",
    "o"."village_code" AS "village_code",
    "o"."income_wages" AS "income_wages",
    "o"."status" AS "status"
  FROM src_household AS o
), household_0_own_1 AS NOT MATERIALIZED (
  SELECT
    *,
    "income_wages" AS "per_head/n",
    ARRAY_CONTAINS(['registered', 'observed'], "status") AS "supported"
  FROM household_0_own
), household_0_tests AS NOT MATERIALIZED (
  SELECT
    *,
    "village_code" IS NULL AS "test0",
    STARTS_WITH("village_code", '4512') AS "test1"
  FROM household_0_own_1
), household_0_person AS (
  SELECT
    "household_no" AS "_of",
    COUNT(*) AS "agg0",
    MIN(
      CASE
        WHEN "household_0.agg1.where"
        THEN 2
        WHEN "household_0.agg1.where" IS NULL
        THEN 1
        ELSE 0
      END
    ) AS "agg1"
  FROM person_0
  GROUP BY
    "household_no"
), household_0_in AS (
  SELECT
    o.*,
    CAST(COALESCE("agg_person"."agg0", 0) AS INT) AS "agg0",
    CASE
      WHEN "agg_person"."agg1" = 0
      THEN FALSE
      WHEN "agg_person"."agg1" = 1
      THEN NULL
      ELSE TRUE
    END AS "agg1"
  FROM household_0_tests AS o
  LEFT JOIN household_0_person AS agg_person
    ON "agg_person"."_of" = "o"."household_no"
), household_0_1 AS (
  SELECT
    *,
    "agg0" AS "per_head/d",
    "agg1" AS "H-2"
  FROM household_0_in
), household_0_2 AS (
  SELECT
    *,
    CASE
      WHEN "per_head/d" > 0
      THEN "per_head/n" > (
        CASE WHEN "test0" THEN NULL WHEN "test1" THEN 3100 ELSE 2952 END * "per_head/d"
      )
    END AS "H-1"
  FROM household_0_1
), household_0_3 AS (
  SELECT
    *,
    "H-1" AND "H-2" AS "H-3"
  FROM household_0_2
)
SELECT
  "household_no" AS "household_no",
  "village_code" AS "region_code",
  "H-1" AS "H-1",
  "H-2" AS "H-2",
  "H-3" AS "H-3",
  CAST(CAST((
    (
      2 * ABS(CAST("per_head/n" * 100 AS BIGINT)) + ABS(NULLIF(CAST("per_head/d" AS BIGINT), 0))
    ) // (
      2 * ABS(NULLIF(CAST("per_head/d" AS BIGINT), 0))
    )
  ) * (
    SIGN(CAST("per_head/n" * 100 AS BIGINT)) * SIGN(NULLIF(CAST("per_head/d" AS BIGINT), 0))
  ) AS DECIMAL(18, 0)) * 0.01 AS DECIMAL(18, 2)) AS "var.per_head",
  "supported" AS "var.supported",
  "village_code" AS "village_code",
  "supported" AS "supported"
FROM household_0_3
