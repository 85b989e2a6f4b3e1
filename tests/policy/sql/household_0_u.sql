WITH household_0_u_own AS NOT MATERIALIZED (
  SELECT
    "o"."household_no" AS "household_no",
    "o"."status" AS "status",
    "o"."village_code" AS "village_code"
  FROM src_household AS o
  SEMI JOIN household_open AS open
    ON "open"."household_no" = "o"."household_no"
), household_0_u_own_1 AS NOT MATERIALIZED (
  SELECT
    *,
    ARRAY_CONTAINS(['registered', 'observed'], "status") AS "supported"
  FROM household_0_u_own
), household_0_u_own_2 AS NOT MATERIALIZED (
  SELECT
    *,
    (
      "supported" IS NULL
    ) AND (
      "status" IS NULL
    ) AS "supported!household.status"
  FROM household_0_u_own_1
)
SELECT
  "household_no" AS "household_no",
  "supported" AS "supported",
  "supported!household.status" AS "supported!household.status",
  "village_code" AS "village_code"
FROM household_0_u_own_2
