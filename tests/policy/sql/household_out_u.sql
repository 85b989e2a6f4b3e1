WITH person_0_u_own AS NOT MATERIALIZED (
  SELECT
    "o"."household_no" AS "household_no",
    "o"."medical_insurance" AS "medical_insurance",
    "o"."father_no" AS "father_no",
    "o"."mother_no" AS "mother_no",
    "o"."months_absent" AS "months_absent",
    "o"."person_no" AS "person_no"
  FROM src_person AS o
  SEMI JOIN household_open AS open
    ON "open"."household_no" = "o"."household_no"
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
), household_out_u_own AS MATERIALIZED (
  SELECT
    "o"."income_wages" AS "income_wages",
    "o"."village_code" AS "village_code",
    "o"."household_no" AS "household_no"
  FROM src_household AS o
  SEMI JOIN household_open AS open
    ON "open"."household_no" = "o"."household_no"
), household_out_u_own_1 AS NOT MATERIALIZED (
  SELECT
    *,
    "income_wages" AS "per_head/n"
  FROM household_out_u_own
), household_out_u_tests AS NOT MATERIALIZED (
  SELECT
    *,
    "per_head/n" IS NULL AS "test0",
    "income_wages" IS NULL AS "test1",
    "village_code" IS NULL AS "test2",
    STARTS_WITH("village_code", '4512') AS "test3",
    CASE
      WHEN "village_code" IS NULL
      THEN NULL
      WHEN STARTS_WITH("village_code", '4512')
      THEN 3100
      ELSE 2952
    END IS NULL AS "test4",
    (
      CASE
        WHEN "village_code" IS NULL
        THEN NULL
        WHEN STARTS_WITH("village_code", '4512')
        THEN 3100
        ELSE 2952
      END IS NULL
    )
    AND (
      "village_code" IS NULL
    ) AS "test5"
  FROM household_out_u_own_1
), household_out_u_person AS (
  SELECT
    "household_no" AS "_of",
    COUNT(*) AS "agg0",
    BOOL_OR(CAST("household_out_u.agg1.where" IS TRUE AS BOOLEAN)) AS "agg1",
    MIN(
      CASE
        WHEN "household_out_u.agg2.where"
        THEN 2
        WHEN "household_out_u.agg2.where" IS NULL
        THEN 1
        ELSE 0
      END
    ) AS "agg2"
  FROM person_0_u
  GROUP BY
    "household_no"
), household_out_u_in AS (
  SELECT
    o.*,
    CAST(COALESCE("agg_person"."agg0", 0) AS INT) AS "agg0",
    COALESCE("agg_person"."agg1", FALSE) AS "agg1",
    CASE
      WHEN "agg_person"."agg2" = 0
      THEN FALSE
      WHEN "agg_person"."agg2" = 1
      THEN NULL
      ELSE TRUE
    END AS "agg2"
  FROM household_out_u_tests AS o
  LEFT JOIN household_out_u_person AS agg_person
    ON "agg_person"."_of" = "o"."household_no"
), household_out_u_1 AS (
  SELECT
    *,
    "agg0" AS "per_head/d",
    "agg2" AS "H-2"
  FROM household_out_u_in
), household_out_u_2 AS (
  SELECT
    *,
    (
      "test0" OR (
        "per_head/d" IS NULL
      ) OR (
        (
          "per_head/d" = 0
        ) IS TRUE
      )
    )
    AND "test1" AS "per_head!household.income_wages",
    (
      "test0" OR (
        "per_head/d" IS NULL
      ) OR (
        (
          "per_head/d" = 0
        ) IS TRUE
      )
    )
    AND (
      (
        "agg0" = 0
      ) IS TRUE
    ) AS "per_head!person.person_no",
    CASE
      WHEN "per_head/d" > 0
      THEN "per_head/n" > (
        CASE WHEN "test2" THEN NULL WHEN "test3" THEN 3100 ELSE 2952 END * "per_head/d"
      )
    END AS "H-1",
    (
      "H-2" IS NULL
    ) AND (
      "agg1" IS TRUE
    ) AS "H-2!person.medical_insurance"
  FROM household_out_u_1
), household_out_u_3 AS (
  SELECT
    *,
    (
      "H-1" IS NULL
    )
    AND (
      "test0" OR (
        "per_head/d" IS NULL
      ) OR (
        (
          "per_head/d" = 0
        ) IS TRUE
      )
    )
    AND "per_head!household.income_wages" AS "H-1!household.income_wages",
    (
      "H-1" IS NULL
    )
    AND (
      "test0" OR (
        "per_head/d" IS NULL
      ) OR (
        (
          "per_head/d" = 0
        ) IS TRUE
      )
    )
    AND "per_head!person.person_no" AS "H-1!person.person_no",
    (
      "H-1" IS NULL
    ) AND "test4" AND "test2" AS "H-1!household.village_code",
    "H-1" AND "H-2" AS "H-3"
  FROM household_out_u_2
)
SELECT
  "household_no" AS "household_no",
  "village_code" AS "region_code",
  "H-1" AS "H-1",
  "H-2" AS "H-2",
  "H-3" AS "H-3",
  CASE
    WHEN "H-1" IS NULL
    THEN LIST_FILTER(
      [
        CASE
          WHEN (
            "test0" OR (
              "per_head/d" IS NULL
            ) OR (
              (
                "per_head/d" = 0
              ) IS TRUE
            )
          )
          AND "per_head!household.income_wages"
          THEN 'household.income_wages'
        END,
        CASE
          WHEN (
            "test0" OR (
              "per_head/d" IS NULL
            ) OR (
              (
                "per_head/d" = 0
              ) IS TRUE
            )
          )
          AND "per_head!person.person_no"
          THEN 'person.person_no'
        END,
        CASE WHEN "test5" THEN 'household.village_code' END
      ],
      LAMBDA x : NOT x IS NULL
    )
  END AS "missing.H-1",
  CASE
    WHEN "H-2" IS NULL
    THEN LIST_FILTER(
      [CASE WHEN "agg1" IS TRUE THEN 'person.medical_insurance' END],
      LAMBDA x : NOT x IS NULL
    )
  END AS "missing.H-2",
  CASE
    WHEN "H-3" IS NULL
    THEN LIST_FILTER(
      [
        CASE
          WHEN (
            "H-1" IS NULL
          ) AND "H-1!household.income_wages"
          THEN 'household.income_wages'
        END,
        CASE
          WHEN (
            "H-1" IS NULL
          ) AND "H-1!person.person_no"
          THEN 'person.person_no'
        END,
        CASE
          WHEN (
            "H-1" IS NULL
          ) AND "H-1!household.village_code"
          THEN 'household.village_code'
        END,
        CASE
          WHEN (
            "H-2" IS NULL
          ) AND "H-2!person.medical_insurance"
          THEN 'person.medical_insurance'
        END
      ],
      LAMBDA x : NOT x IS NULL
    )
  END AS "missing.H-3"
FROM household_out_u_3
