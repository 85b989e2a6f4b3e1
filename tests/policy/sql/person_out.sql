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
    "months_absent" IS NULL AS "person_out.agg1.where",
    "household_no" AS "household_no",
    "medical_insurance" IS NULL AS "household_0.agg1.where",
    "medical_insurance" IN ('ncms', 'resident') AS "household_0.agg2.where"
  FROM person_0_own
), person_out_own AS NOT MATERIALIZED (
  SELECT
    "o"."household_no" AS "household_no",
    "o"."school_stage" AS "school_stage",
    "o"."boarding" AS "boarding",
    "o"."birth_date" AS "birth_date",
    "o"."father_no" AS "father_no",
    "o"."person_no" AS "person_no"
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
), person_out_asks AS (
  SELECT
    *
  FROM (
    SELECT
      "person_no" AS person_no,
      CASE WHEN "ask.father" THEN "father_no" END AS father,
      CASE WHEN "ask.child" THEN "person_no" END AS child
    FROM person_out_tests
  ) AS a
  WHERE
    NOT "father" IS NULL OR NOT "child" IS NULL
), person_out_asked AS (
  SELECT
    "p"."person_no",
    "p"."months_absent"
  FROM src_person AS p
  SEMI JOIN (
    SELECT
      "father" AS who
    FROM person_out_asks
    WHERE
      NOT "father" IS NULL
  ) AS asked
    ON "p"."person_no" = "asked"."who"
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
    ) AS "agg0",
    BOOL_OR(CAST("person_out.agg1.where" IS TRUE AS BOOLEAN)) AS "agg1"
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
  SEMI JOIN person_out_asks AS asked
    ON "each_parent"."_of" = "asked"."child"
  GROUP BY
    "_of"
), person_out_relatives AS (
  SELECT
    "a"."person_no" AS "person_no",
    "father"."months_absent" AS "father.months_absent",
    "children"."agg0" AS "agg0",
    "children"."agg1" AS "agg1"
  FROM person_out_asks AS a
  LEFT JOIN person_out_asked AS father
    ON "father"."person_no" = "a"."father"
  LEFT JOIN person_out_person AS children
    ON "children"."_of" = "a"."child"
), person_out_home AS (
  SELECT
    "household"."household_no" AS "household_no",
    "household"."supported" AS "household.supported",
    "household"."supported!household.status" AS "household.supported!household.status",
    "household"."village_code" AS "household.village_code"
  FROM household_0 AS household
), person_out_in AS (
  SELECT
    o.*,
    "home"."household.supported" AS "household.supported",
    "home"."household.supported!household.status" AS "household.supported!household.status",
    "home"."household.village_code" AS "household.village_code",
    "kin"."father.months_absent" AS "father.months_absent",
    CASE WHEN "kin"."agg0" = 0 THEN FALSE WHEN "kin"."agg0" = 1 THEN NULL ELSE TRUE END AS "agg0",
    COALESCE("kin"."agg1", FALSE) AS "agg1"
  FROM person_out_tests AS o
  LEFT JOIN person_out_home AS home
    ON "home"."household_no" = "o"."household_no"
  LEFT JOIN person_out_relatives AS kin
    ON "kin"."person_no" = "o"."person_no"
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
), person_out_after_1 AS (
  SELECT
    *,
    CASE WHEN "P-1?" THEN CAST(1000 AS DECIMAL(18, 2)) WHEN NOT "P-1?" THEN 0 END AS "P-1"
  FROM person_out_kept
)
SELECT
  "person_no" AS "person_no",
  "household_no" AS "household_no",
  "household.village_code" AS "region_code",
  "P-1" AS "P-1",
  "P-2" AS "P-2",
  "P-3" AS "P-3",
  CASE
    WHEN "P-1" IS NULL OR "P-2" IS NULL OR "P-3" IS NULL
    THEN [
      {'agg0': "agg0", 'agg1': "agg1", 'birth_date': "birth_date", 'father_no': "father_no", 'father.months_absent': "father.months_absent", 'boarding': "boarding", 'household.supported': "household.supported", 'school_stage': "school_stage", 'household.supported!household.status': "household.supported!household.status"}
    ]
  END AS "_why"
FROM person_out_after_1
