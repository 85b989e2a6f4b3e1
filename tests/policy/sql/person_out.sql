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
), person_out_own AS NOT MATERIALIZED (
  SELECT
    "o"."person_no" AS "person_no",
    "o"."household_no" AS "household_no",
    "o"."school_stage" AS "school_stage",
    "o"."boarding" AS "boarding",
    "o"."birth_date" AS "birth_date",
    "o"."father_no" AS "father_no"
  FROM src_person AS o
), person_out_tests AS NOT MATERIALIZED (
  SELECT
    *,
    "school_stage" = 'primary' AS "test0",
    NOT (
      "birth_date" <= CAST('2001-12-31' AS DATE)
    ) AS "test1",
    "father_no" = 'none' AS "test2",
    "birth_date" <= CAST('1956-12-31' AS DATE) AS "test3",
    NOT (
      (
        NOT (
          "birth_date" <= CAST('2001-12-31' AS DATE)
        )
      ) IS FALSE
    ) AS "ask.father",
    NOT (
      (
        "birth_date" <= CAST('1956-12-31' AS DATE)
      ) IS FALSE
    ) AS "ask.child"
  FROM person_out_own
), person_out_askers AS (
  SELECT
    person_no
  FROM (
    SELECT
      person_no,
      "ask.child" AS asks
    FROM person_out_tests
  ) AS a
  WHERE
    "asks"
), person_out_person AS (
  SELECT
    "_of" AS "_of",
    MIN(
      CASE
        WHEN "person_out.agg0.where"
        THEN 2
        WHEN "person_out.agg0.where" IS NULL
        THEN 1
        ELSE 0
      END
    ) AS "agg0"
  FROM (
    SELECT
      *,
      "father_no" AS "_of"
    FROM person_0
    WHERE
      NOT "father_no" IS NULL
    UNION ALL
    SELECT
      *,
      "mother_no" AS "_of"
    FROM person_0
    WHERE
      NOT "mother_no" IS NULL
  ) AS each_parent
  SEMI JOIN person_out_askers AS askers
    ON "each_parent"."_of" = "askers"."person_no"
  GROUP BY
    "_of"
), person_out_home AS (
  SELECT
    "household"."household_no" AS "household_no",
    "household"."village_code" AS "household.village_code",
    "household"."supported" AS "household.supported"
  FROM household_0 AS household
), person_out_in AS (
  SELECT
    o.*,
    "home"."household.village_code" AS "household.village_code",
    "home"."household.supported" AS "household.supported",
    "father"."months_absent" AS "father.months_absent",
    CASE
      WHEN "children"."agg0" = 0
      THEN FALSE
      WHEN "children"."agg0" = 1
      THEN NULL
      ELSE TRUE
    END AS "agg0"
  FROM person_out_tests AS o
  LEFT JOIN person_out_home AS home
    ON "home"."household_no" = "o"."household_no"
  LEFT JOIN src_person AS father
    ON "father"."person_no" = CASE WHEN "o"."ask.father" THEN "o"."father_no" END
  LEFT JOIN person_out_person AS children
    ON "children"."_of" = CASE WHEN "o"."ask.child" THEN "o"."person_no" END
), person_out_1 AS (
  SELECT
    *,
    "household.supported" AND "test0" AND "boarding" AS "P-1?",
    "test1" AND (
      "test2" OR (
        "father.months_absent" >= 3
      )
    ) AS "P-2",
    "test3" AND "agg0" AS "P-3"
  FROM person_out_in
), person_out_kept AS (
  SELECT
    *
  FROM person_out_1
  WHERE
    NOT (
      (
        "P-1?" OR "P-2" OR "P-3"
      ) IS FALSE
    )
)
SELECT
  "person_no" AS "person_no",
  "household_no" AS "household_no",
  "household.village_code" AS "region_code",
  "P-1?" AS "P-1",
  "P-2" AS "P-2",
  "P-3" AS "P-3"
FROM person_out_kept
