SELECT row_type_, calls_, key_, value_
  FROM
    (SELECT row_type_, key_, CAST(SUM(calls_) AS INTEGER) AS calls_,
            CAST(SUM(value_) AS INTEGER) AS value_
     FROM
       (SELECT %s AS "row_type_", "stats_dayjob"."calls" AS "calls_",
               NULLIF("stats_dayjob"."job_id", %s) AS "key_", "stats_dayjob"."cost_units" AS "value_"
        FROM "stats_dayjob"
        WHERE (("stats_dayjob"."day" >= %s
                AND "stats_dayjob"."day" <= %s)
               AND "stats_dayjob"."currency_id" =
                 (SELECT U0."id" AS "pk"
                  FROM "stats_currencyname" U0
                  WHERE U0."text" = %s))
        UNION ALL SELECT %s AS "row_type_", COUNT("dt_api_usage_stats"."id") AS "calls_",
                         "dt_api_usage_stats"."job_id" AS "key_",
                         COALESCE(SUM(CAST(ROUND("dt_api_usage_stats"."cost" * 10000) AS INTEGER)), 0) AS "value_"
        FROM "dt_api_usage_stats"
        WHERE ((("dt_api_usage_stats"."created_at" >= '1000-01-03 00:00:00'
                 AND "dt_api_usage_stats"."created_at" <= '9999-12-31 23:59:59')
                AND "dt_api_usage_stats"."created_at" >= %s
                AND "dt_api_usage_stats"."created_at" <= %s)
               AND "dt_api_usage_stats"."id" > (COALESCE(
                                                           (SELECT U0."folded_to" AS "folded_to"
                                                            FROM "stats_foldstate" U0
                                                            WHERE (U0."folded_at" IS NOT NULL
                                                                   AND U0."id" = %s)), %s))
               AND COALESCE(NULLIF(RTRIM("dt_api_usage_stats"."prompt_price_unit"), %s), %s) = %s)
        GROUP BY 3
        UNION ALL SELECT %s AS "row_type_",
                         ((("stats_foldstate"."purges" * %s) + CASE
                                                                   WHEN
                                                                          (SELECT U0."id" AS "pk"
                                                                           FROM "stats_endpointname" U0
                                                                           ORDER BY 1 ASC
                                                                           LIMIT 1
                                                                           OFFSET 999) IS NOT NULL THEN %s ELSE %s
                                                               END) + CASE
                                                                          WHEN
                                                                                 (SELECT U0."id" AS "pk"
                                                                                  FROM "stats_currencyname" U0
                                                                                  ORDER BY 1 ASC
                                                                                  LIMIT 1
                                                                                  OFFSET 49) IS NOT NULL THEN %s ELSE %s
                                                                      END) AS "version", NULL AS "empty_0", NULL AS "empty_1"
        FROM "stats_foldstate"
        WHERE "stats_foldstate"."id" = %s) AS parts
     GROUP BY row_type_, key_) AS found
  WHERE row_type_ = 0
    OR calls_ <> 0
  ORDER BY row_type_, value_ DESC, key_ IS NULL, key_
  LIMIT 101
