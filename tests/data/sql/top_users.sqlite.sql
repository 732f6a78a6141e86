SELECT row_type_, CAST(SUM(calls_) AS INTEGER), key_, currency_,
       CAST(SUM(total_tokens_) AS INTEGER), CAST(SUM(cost_units_) AS INTEGER), CAST(SUM(costed_calls_) AS INTEGER)
  FROM
    (SELECT %s AS "row_type_", SUM("stats_monthuser"."calls") AS "calls_",
            "stats_monthuser"."user_id" AS "key_",

       (SELECT U0."text" AS "text"
        FROM "stats_currencyname" U0
        WHERE U0."id" = ("stats_monthuser"."currency_id")) AS "currency_", SUM("stats_monthuser"."total_tokens") AS "total_tokens_",
            SUM("stats_monthuser"."cost_units") AS "cost_units_", SUM("stats_monthuser"."costed_calls") AS "costed_calls_"
     FROM "stats_monthuser"
     WHERE ("stats_monthuser"."month" >= %s
            AND "stats_monthuser"."month" <= %s)
     GROUP BY 3, "stats_monthuser"."currency_id"
     UNION ALL SELECT row_type_ AS row_type_, -calls_ AS calls_, key_ AS key_, currency_ AS currency_, -total_tokens_ AS total_tokens_, -cost_units_ AS cost_units_, -costed_calls_ AS costed_calls_
     FROM
       (SELECT %s AS "row_type_", SUM("stats_dayuser"."calls") AS "calls_",
               "stats_dayuser"."user_id" AS "key_",

          (SELECT U0."text" AS "text"
           FROM "stats_currencyname" U0
           WHERE U0."id" = ("stats_dayuser"."currency_id")) AS "currency_", SUM("stats_dayuser"."total_tokens") AS "total_tokens_",
               SUM("stats_dayuser"."cost_units") AS "cost_units_", SUM("stats_dayuser"."costed_calls") AS "costed_calls_"
        FROM "stats_dayuser"
        WHERE ("stats_dayuser"."day" >= %s
               AND "stats_dayuser"."day" <= %s)
        GROUP BY 3, "stats_dayuser"."currency_id") AS part
     UNION ALL SELECT %s AS "row_type_", SUM("stats_dayuser"."calls") AS "calls_",
                      "stats_dayuser"."user_id" AS "key_",

       (SELECT U0."text" AS "text"
        FROM "stats_currencyname" U0
        WHERE U0."id" = ("stats_dayuser"."currency_id")) AS "currency_", SUM("stats_dayuser"."total_tokens") AS "total_tokens_",
                      SUM("stats_dayuser"."cost_units") AS "cost_units_", SUM("stats_dayuser"."costed_calls") AS "costed_calls_"
     FROM "stats_dayuser"
     WHERE ("stats_dayuser"."day" >= %s
            AND "stats_dayuser"."day" <= %s)
     GROUP BY 3, "stats_dayuser"."currency_id"
     UNION ALL SELECT row_type_ AS row_type_, calls_ AS calls_, key_ AS key_,
                      COALESCE(
                                 (SELECT text
                                  FROM stats_currencyname
                                  WHERE text = COALESCE(NULLIF(RTRIM(currency_),
                                                          ''),
                                                 'none')), CASE
                                                               WHEN
                                                                      (SELECT id
                                                                       FROM stats_currencyname
                                                                       ORDER BY id
                                                                       LIMIT 1
                                                                       OFFSET 49) IS NULL THEN COALESCE(NULLIF(RTRIM(currency_),

                                                                                                          ''),

                                                                                                 'none')
                                                               ELSE '(other currencies)'
                                                           END) AS currency_, total_tokens_ AS total_tokens_, cost_units_ AS cost_units_,
                      costed_calls_ AS costed_calls_
     FROM
       (SELECT %s AS "row_type_", "dt_api_usage_stats"."user_id" AS "key_",
               "dt_api_usage_stats"."prompt_price_unit" AS "currency_", COUNT("dt_api_usage_stats"."id") AS "calls_",
               COALESCE(SUM("dt_api_usage_stats"."total_tokens"), %s) AS "total_tokens_",
               COALESCE(SUM(CAST(ROUND("dt_api_usage_stats"."cost" * 10000) AS INTEGER)), 0) AS "cost_units_",
               COUNT(CASE
                         WHEN ("dt_api_usage_stats"."cost" > %s
                               OR "dt_api_usage_stats"."cost" < %s) THEN %s ELSE NULL
                     END) AS "costed_calls_"
        FROM "dt_api_usage_stats"
        WHERE ((("dt_api_usage_stats"."created_at" >= '1000-01-03 00:00:00'
                 AND "dt_api_usage_stats"."created_at" <= '9999-12-31 23:59:59')
                AND "dt_api_usage_stats"."created_at" >= %s
                AND "dt_api_usage_stats"."created_at" <= %s)
               AND "dt_api_usage_stats"."id" > (COALESCE(
                                                           (SELECT U0."folded_to" AS "folded_to"
                                                            FROM "stats_foldstate" U0
                                                            WHERE (U0."folded_at" IS NOT NULL
                                                                   AND U0."id" = %s)), %s)))
        GROUP BY 2, 3) AS part
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
                                                                   END) AS "version", NULL AS "empty_0", NULL AS "empty_1", NULL AS "empty_2",
                      NULL AS "empty_3", NULL AS "empty_4"
     FROM "stats_foldstate"
     WHERE "stats_foldstate"."id" = %s) AS parts
  GROUP BY row_type_, key_, currency_
