WITH person_out_u_rows AS (
  SELECT
    "person_no" AS "result.person_no",
    "household_no" AS "result.household_no",
    "region_code" AS "result.region_code",
    "P-1" AS "result.P-1",
    "P-2" AS "result.P-2",
    "P-3" AS "result.P-3",
    "_why"[1]."agg0" AS "leaf.agg0",
    "_why"[1]."agg1" AS "leaf.agg1",
    "_why"[1]."birth_date" AS "leaf.birth_date",
    "_why"[1]."father_no" AS "leaf.father_no",
    "_why"[1]."father.months_absent" AS "leaf.father.months_absent",
    "_why"[1]."boarding" AS "leaf.boarding",
    "_why"[1]."household.supported" AS "leaf.household.supported",
    "_why"[1]."school_stage" AS "leaf.school_stage",
    "_why"[1]."household.supported!household.status" AS "leaf.household.supported!household.status"
  FROM person_out
  WHERE
    NOT "_why" IS NULL
), person_out_u_in AS (
  SELECT
    "result.person_no",
    "result.household_no",
    "result.region_code",
    "result.P-1",
    "result.P-2",
    "result.P-3",
    "leaf.agg0" AS "agg0",
    "leaf.agg1" AS "agg1",
    "leaf.birth_date" AS "birth_date",
    "leaf.father_no" AS "father_no",
    "leaf.father.months_absent" AS "father.months_absent",
    "leaf.boarding" AS "boarding",
    "leaf.household.supported" AS "household.supported",
    "leaf.school_stage" AS "school_stage",
    "leaf.household.supported!household.status" AS "household.supported!household.status"
  FROM person_out_u_rows
), person_out_u_1 AS (
  SELECT
    *,
    "household.supported" AND (
      "school_stage" = 'primary'
    ) AND "boarding" AS "P-1?"
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
    ) AND (
      "school_stage" IS NULL
    ) AS "P-1?!person.school_stage",
    (
      "P-1?" IS NULL
    ) AND (
      "boarding" IS NULL
    ) AS "P-1?!person.boarding"
  FROM person_out_u_1
)
SELECT
  "result.person_no" AS "person_no",
  "result.household_no" AS "household_no",
  "result.region_code" AS "region_code",
  "result.P-1" AS "P-1",
  "result.P-2" AS "P-2",
  "result.P-3" AS "P-3",
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
        CASE WHEN "birth_date" IS NULL THEN 'person.birth_date' END,
        CASE
          WHEN (
            (
              (
                "father_no" = 'none'
              ) OR (
                "father.months_absent" >= 3
              )
            ) IS NULL
          )
          AND (
            (
              "father_no" IS NULL
            )
            OR (
              (
                "father.months_absent" IS NULL
              )
              AND (
                (
                  "father_no" IS NULL
                ) OR (
                  (
                    "father_no" = 'none'
                  ) IS TRUE
                )
              )
            )
          )
          THEN 'person.father_no'
        END,
        CASE
          WHEN (
            (
              (
                "father_no" = 'none'
              ) OR (
                "father.months_absent" >= 3
              )
            ) IS NULL
          )
          AND (
            "father.months_absent" IS NULL
          )
          AND (
            NOT (
              (
                "father_no" IS NULL
              ) OR (
                (
                  "father_no" = 'none'
                ) IS TRUE
              )
            )
          )
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
        CASE WHEN "birth_date" IS NULL THEN 'person.birth_date' END,
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
