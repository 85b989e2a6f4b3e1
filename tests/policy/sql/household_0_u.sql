WITH household_0_u_rows AS (
  SELECT
    "household_no" AS "result.household_no",
    "region_code" AS "result.region_code",
    "H-1" AS "result.H-1",
    "H-2" AS "result.H-2",
    "H-3" AS "result.H-3",
    "var.per_head" AS "result.var.per_head",
    "var.supported" AS "result.var.supported",
    "supported" AS "result.supported",
    "supported!household.status" AS "result.supported!household.status",
    "village_code" AS "result.village_code",
    "_why"[1]."agg1" AS "leaf.agg1",
    "_why"[1]."agg2" AS "leaf.agg2",
    "_why"[1]."village_code" AS "leaf.village_code",
    "_why"[1]."income_wages" AS "leaf.income_wages",
    "_why"[1]."agg0" AS "leaf.agg0"
  FROM household_0
  WHERE
    NOT "_why" IS NULL
), household_0_u_in AS (
  SELECT
    "result.household_no",
    "result.region_code",
    "result.H-1",
    "result.H-2",
    "result.H-3",
    "result.var.per_head",
    "result.var.supported",
    "result.supported",
    "result.supported!household.status",
    "result.village_code",
    "leaf.agg1" AS "agg1",
    "leaf.agg2" AS "agg2",
    "leaf.village_code" AS "village_code",
    "leaf.income_wages" AS "income_wages",
    "leaf.agg0" AS "agg0"
  FROM household_0_u_rows
), household_0_u_1 AS (
  SELECT
    *,
    "income_wages" AS "per_head/n",
    "agg0" AS "per_head/d",
    "agg2" AS "H-2"
  FROM household_0_u_in
), household_0_u_2 AS (
  SELECT
    *,
    (
      (
        "per_head/n" IS NULL
      )
      OR (
        "per_head/d" IS NULL
      )
      OR (
        (
          "per_head/d" = 0
        ) IS TRUE
      )
    )
    AND (
      "income_wages" IS NULL
    ) AS "per_head!household.income_wages",
    (
      (
        "per_head/n" IS NULL
      )
      OR (
        "per_head/d" IS NULL
      )
      OR (
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
        CASE
          WHEN "village_code" IS NULL
          THEN NULL
          WHEN STARTS_WITH("village_code", '4512')
          THEN 3100
          ELSE 2952
        END * "per_head/d"
      )
    END AS "H-1",
    (
      "H-2" IS NULL
    ) AND (
      "agg1" IS TRUE
    ) AS "H-2!person.medical_insurance"
  FROM household_0_u_1
), household_0_u_3 AS (
  SELECT
    *,
    (
      "H-1" IS NULL
    )
    AND (
      (
        "per_head/n" IS NULL
      )
      OR (
        "per_head/d" IS NULL
      )
      OR (
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
      (
        "per_head/n" IS NULL
      )
      OR (
        "per_head/d" IS NULL
      )
      OR (
        (
          "per_head/d" = 0
        ) IS TRUE
      )
    )
    AND "per_head!person.person_no" AS "H-1!person.person_no",
    (
      "H-1" IS NULL
    )
    AND (
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
    ) AS "H-1!household.village_code"
  FROM household_0_u_2
)
SELECT
  "result.household_no" AS "household_no",
  "result.region_code" AS "region_code",
  "result.H-1" AS "H-1",
  "result.H-2" AS "H-2",
  "result.H-3" AS "H-3",
  "result.var.per_head" AS "var.per_head",
  "result.var.supported" AS "var.supported",
  "result.supported" AS "supported",
  "result.supported!household.status" AS "supported!household.status",
  "result.village_code" AS "village_code",
  CASE
    WHEN "H-1" IS NULL
    THEN LIST_FILTER(
      [
        CASE
          WHEN (
            (
              "per_head/n" IS NULL
            )
            OR (
              "per_head/d" IS NULL
            )
            OR (
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
            (
              "per_head/n" IS NULL
            )
            OR (
              "per_head/d" IS NULL
            )
            OR (
              (
                "per_head/d" = 0
              ) IS TRUE
            )
          )
          AND "per_head!person.person_no"
          THEN 'person.person_no'
        END,
        CASE
          WHEN (
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
          )
          THEN 'household.village_code'
        END
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
FROM household_0_u_3
