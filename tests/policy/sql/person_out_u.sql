WITH person_0_u_own AS NOT MATERIALIZED (
  SELECT
    "o"."household_no" AS "household_no",
    "o"."medical_insurance" AS "medical_insurance",
    "o"."father_no" AS "father_no",
    "o"."mother_no" AS "mother_no",
    "o"."months_absent" AS "months_absent",
    "o"."person_no" AS "person_no"
  FROM src_person AS o
), person_0_u AS (
  SELECT
    "household_no" AS "household_no",
    "medical_insurance" IS NULL AS "household_out_u.agg1.where",
    ARRAY_CONTAINS(['ncms', 'resident'], "medical_insurance") AS "household_out_u.agg2.where",
    "father_no" AS "father_no",
    "mother_no" AS "mother_no",
    "months_absent" >= 3 AS "person_out_u.agg0.where",
    "months_absent" IS NULL AS "person_out_u.agg1.where"
  FROM person_0_u_own
), person_out_u_own AS MATERIALIZED (
  SELECT
    "o"."household_no" AS "household_no",
    "o"."school_stage" AS "school_stage",
    "o"."boarding" AS "boarding",
    "o"."birth_date" AS "birth_date",
    "o"."father_no" AS "father_no",
    "o"."person_no" AS "person_no"
  FROM src_person AS o
  SEMI JOIN person_open AS open
    ON "open"."person_no" = "o"."person_no"
), person_out_u_tests AS NOT MATERIALIZED (
  SELECT
    *,
    "school_stage" = 'primary' AS "test0",
    "school_stage" IS NULL AS "test1",
    "boarding" IS NULL AS "test2",
    NOT (
      "birth_date" <= CAST('2001-12-31' AS DATE)
    ) AS "test3",
    "father_no" = 'none' AS "test4",
    "birth_date" <= CAST('1956-12-31' AS DATE) AS "test5",
    "birth_date" IS NULL AS "test6",
    "father_no" IS NULL AS "test7",
    (
      "father_no" IS NULL
    ) OR (
      (
        "father_no" = 'none'
      ) IS TRUE
    ) AS "test8",
    NOT (
      (
        "father_no" IS NULL
      ) OR (
        (
          "father_no" = 'none'
        ) IS TRUE
      )
    ) AS "test9"
  FROM person_out_u_own
), person_out_u_asked AS (
  SELECT
    "p"."person_no",
    "p"."months_absent"
  FROM src_person AS p
  SEMI JOIN (
    SELECT
      "father_no" AS who
    FROM person_out_u_tests
  ) AS named
    ON "p"."person_no" = "named"."who"
), person_out_u_askers AS (
  SELECT
    person_no
  FROM person_out_u_tests
), person_out_u_person AS (
  SELECT
    "_of" AS "_of",
    MIN(
      CASE
        WHEN "person_out_u.agg0.where"
        THEN 2
        WHEN "person_out_u.agg0.where" IS NULL
        THEN 1
        ELSE 0
      END
    ) AS "agg0",
    BOOL_OR(CAST("person_out_u.agg1.where" IS TRUE AS BOOLEAN)) AS "agg1"
  FROM (
    SELECT
      *,
      "father_no" AS "_of"
    FROM person_0_u
    WHERE
      NOT "father_no" IS NULL
    UNION ALL
    SELECT
      *,
      "mother_no" AS "_of"
    FROM person_0_u
    WHERE
      NOT "mother_no" IS NULL
  ) AS each_parent
  SEMI JOIN person_out_u_askers AS askers
    ON "each_parent"."_of" = "askers"."person_no"
  GROUP BY
    "_of"
), person_out_u_home AS (
  SELECT
    "household"."household_no" AS "household_no",
    "household"."supported" AS "household.supported",
    "household"."supported!household.status" AS "household.supported!household.status",
    "household"."village_code" AS "household.village_code"
  FROM household_0_u AS household
), person_out_u_in AS (
  SELECT
    o.*,
    "home"."household.supported" AS "household.supported",
    "home"."household.supported!household.status" AS "household.supported!household.status",
    "home"."household.village_code" AS "household.village_code",
    "father"."months_absent" AS "father.months_absent",
    CASE
      WHEN "children"."agg0" = 0
      THEN FALSE
      WHEN "children"."agg0" = 1
      THEN NULL
      ELSE TRUE
    END AS "agg0",
    COALESCE("children"."agg1", FALSE) AS "agg1"
  FROM person_out_u_tests AS o
  LEFT JOIN person_out_u_home AS home
    ON "home"."household_no" = "o"."household_no"
  LEFT JOIN person_out_u_asked AS father
    ON "father"."person_no" = "o"."father_no"
  LEFT JOIN person_out_u_person AS children
    ON "children"."_of" = "o"."person_no"
), person_out_u_1 AS (
  SELECT
    *,
    "household.supported" AND "test0" AND "boarding" AS "P-1?",
    "test3" AND (
      "test4" OR (
        "father.months_absent" >= 3
      )
    ) AS "P-2",
    "test5" AND "agg0" AS "P-3"
  FROM person_out_u_in
), person_out_u_2 AS (
  SELECT
    *,
    (
      "P-1?" IS NULL
    )
    AND (
      "household.supported" IS NULL
    )
    AND "household.supported!household.status" AS "P-1?!household.status",
    (
      "P-1?" IS NULL
    ) AND "test1" AS "P-1?!person.school_stage",
    (
      "P-1?" IS NULL
    ) AND "test2" AS "P-1?!person.boarding"
  FROM person_out_u_1
)
SELECT
  "person_no" AS "person_no",
  "household_no" AS "household_no",
  "household.village_code" AS "region_code",
  "P-1?" AS "P-1",
  "P-2" AS "P-2",
  "P-3" AS "P-3",
  CASE
    WHEN "P-1" IS NULL
    THEN LIST_FILTER(
      [
        CASE
          WHEN (
            "P-1?" IS NULL
          ) AND "P-1?!household.status"
          THEN 'household.status'
        END,
        CASE
          WHEN (
            "P-1?" IS NULL
          ) AND "P-1?!person.school_stage"
          THEN 'person.school_stage'
        END,
        CASE
          WHEN (
            "P-1?" IS NULL
          ) AND "P-1?!person.boarding"
          THEN 'person.boarding'
        END
      ],
      LAMBDA x : NOT x IS NULL
    )
  END AS "missing.P-1",
  CASE
    WHEN "P-2" IS NULL
    THEN LIST_FILTER(
      [
        CASE WHEN "test6" THEN 'person.birth_date' END,
        CASE
          WHEN (
            (
              "test4" OR (
                "father.months_absent" >= 3
              )
            ) IS NULL
          )
          AND (
            "test7" OR (
              (
                "father.months_absent" IS NULL
              ) AND "test8"
            )
          )
          THEN 'person.father_no'
        END,
        CASE
          WHEN (
            (
              "test4" OR (
                "father.months_absent" >= 3
              )
            ) IS NULL
          )
          AND (
            "father.months_absent" IS NULL
          )
          AND "test9"
          THEN 'person.months_absent'
        END
      ],
      LAMBDA x : NOT x IS NULL
    )
  END AS "missing.P-2",
  CASE
    WHEN "P-3" IS NULL
    THEN LIST_FILTER(
      [
        CASE WHEN "test6" THEN 'person.birth_date' END,
        CASE
          WHEN (
            "agg0" IS NULL
          ) AND (
            "agg1" IS TRUE
          )
          THEN 'person.months_absent'
        END
      ],
      LAMBDA x : NOT x IS NULL
    )
  END AS "missing.P-3"
FROM person_out_u_2
