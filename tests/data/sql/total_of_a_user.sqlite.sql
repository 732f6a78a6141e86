SELECT row_type_, CAST(SUM(calls_) AS INTEGER), key_, currency_,
       CAST(SUM(prompt_tokens_) AS INTEGER), CAST(SUM(completion_tokens_) AS INTEGER),
       CAST(SUM(total_tokens_) AS INTEGER), CAST(SUM(cost_units_) AS INTEGER), CAST(SUM(response_ms_) AS INTEGER),
       CAST(SUM(timed_calls_) AS INTEGER), CAST(SUM(successes_) AS INTEGER), CAST(SUM(costed_calls_) AS INTEGER),
       CAST(SUM(failed_cost_units_) AS INTEGER), CAST(SUM(failed_costed_calls_) AS INTEGER),
       CAST(SUM(unpriced_calls_) AS INTEGER), CAST(SUM(unpriced_tokens_) AS INTEGER),
       CAST(SUM(rounded_away_calls_) AS INTEGER), CAST(SUM(rounded_away_tokens_) AS INTEGER),
       CAST(SUM(no_usage_calls_) AS INTEGER)
  FROM
    (SELECT %s AS "row_type_", SUM("stats_monthuser"."calls") AS "calls_", %s AS "key_",

       (SELECT U0."text" AS "text"
        FROM "stats_currencyname" U0
        WHERE U0."id" = ("stats_monthuser"."currency_id")) AS "currency_", SUM("stats_monthuser"."prompt_tokens") AS "prompt_tokens_",
            SUM("stats_monthuser"."completion_tokens") AS "completion_tokens_", SUM("stats_monthuser"."total_tokens") AS "total_tokens_",
            SUM("stats_monthuser"."cost_units") AS "cost_units_", SUM("stats_monthuser"."response_ms") AS "response_ms_",
            SUM("stats_monthuser"."timed_calls") AS "timed_calls_", SUM("stats_monthuser"."successes") AS "successes_",
            SUM("stats_monthuser"."costed_calls") AS "costed_calls_", SUM("stats_monthuser"."failed_cost_units") AS "failed_cost_units_",
            SUM("stats_monthuser"."failed_costed_calls") AS "failed_costed_calls_", SUM("stats_monthuser"."unpriced_calls") AS "unpriced_calls_",
            SUM("stats_monthuser"."unpriced_tokens") AS "unpriced_tokens_", SUM("stats_monthuser"."rounded_away_calls") AS "rounded_away_calls_",
            SUM("stats_monthuser"."rounded_away_tokens") AS "rounded_away_tokens_", SUM("stats_monthuser"."no_usage_calls") AS "no_usage_calls_"
     FROM "stats_monthuser"
     WHERE (("stats_monthuser"."month" IN (%s, %s)
             OR ("stats_monthuser"."month" >= %s
                 AND "stats_monthuser"."month" <= %s))
            AND "stats_monthuser"."user_id" IN (%s))
     GROUP BY "stats_monthuser"."currency_id"
     UNION ALL SELECT row_type_ AS row_type_, -calls_ AS calls_, key_ AS key_, currency_ AS currency_, -prompt_tokens_ AS prompt_tokens_, -completion_tokens_ AS completion_tokens_, -total_tokens_ AS total_tokens_, -cost_units_ AS cost_units_, -response_ms_ AS response_ms_, -timed_calls_ AS timed_calls_, -successes_ AS successes_, -costed_calls_ AS costed_calls_, -failed_cost_units_ AS failed_cost_units_, -failed_costed_calls_ AS failed_costed_calls_, -unpriced_calls_ AS unpriced_calls_, -unpriced_tokens_ AS unpriced_tokens_, -rounded_away_calls_ AS rounded_away_calls_, -rounded_away_tokens_ AS rounded_away_tokens_, -no_usage_calls_ AS no_usage_calls_
     FROM
       (SELECT %s AS "row_type_", SUM("stats_dayuser"."calls") AS "calls_", %s AS "key_",

          (SELECT U0."text" AS "text"
           FROM "stats_currencyname" U0
           WHERE U0."id" = ("stats_dayuser"."currency_id")) AS "currency_", SUM("stats_dayuser"."prompt_tokens") AS "prompt_tokens_",
               SUM("stats_dayuser"."completion_tokens") AS "completion_tokens_", SUM("stats_dayuser"."total_tokens") AS "total_tokens_",
               SUM("stats_dayuser"."cost_units") AS "cost_units_", SUM("stats_dayuser"."response_ms") AS "response_ms_",
               SUM("stats_dayuser"."timed_calls") AS "timed_calls_", SUM("stats_dayuser"."successes") AS "successes_",
               SUM("stats_dayuser"."costed_calls") AS "costed_calls_", SUM("stats_dayuser"."failed_cost_units") AS "failed_cost_units_",
               SUM("stats_dayuser"."failed_costed_calls") AS "failed_costed_calls_", SUM("stats_dayuser"."unpriced_calls") AS "unpriced_calls_",
               SUM("stats_dayuser"."unpriced_tokens") AS "unpriced_tokens_", SUM("stats_dayuser"."rounded_away_calls") AS "rounded_away_calls_",
               SUM("stats_dayuser"."rounded_away_tokens") AS "rounded_away_tokens_", SUM("stats_dayuser"."no_usage_calls") AS "no_usage_calls_"
        FROM "stats_dayuser"
        WHERE (("stats_dayuser"."day" IN (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
                OR ("stats_dayuser"."day" >= %s
                    AND "stats_dayuser"."day" <= %s))
               AND "stats_dayuser"."user_id" IN (%s))
        GROUP BY "stats_dayuser"."currency_id") AS part
     UNION ALL SELECT %s AS "row_type_", SUM("stats_dayuser"."calls") AS "calls_", %s AS "key_",

       (SELECT U0."text" AS "text"
        FROM "stats_currencyname" U0
        WHERE U0."id" = ("stats_dayuser"."currency_id")) AS "currency_", SUM("stats_dayuser"."prompt_tokens") AS "prompt_tokens_",
                      SUM("stats_dayuser"."completion_tokens") AS "completion_tokens_", SUM("stats_dayuser"."total_tokens") AS "total_tokens_",
                      SUM("stats_dayuser"."cost_units") AS "cost_units_", SUM("stats_dayuser"."response_ms") AS "response_ms_",
                      SUM("stats_dayuser"."timed_calls") AS "timed_calls_", SUM("stats_dayuser"."successes") AS "successes_",
                      SUM("stats_dayuser"."costed_calls") AS "costed_calls_",
                      SUM("stats_dayuser"."failed_cost_units") AS "failed_cost_units_",
                      SUM("stats_dayuser"."failed_costed_calls") AS "failed_costed_calls_", SUM("stats_dayuser"."unpriced_calls") AS "unpriced_calls_",
                      SUM("stats_dayuser"."unpriced_tokens") AS "unpriced_tokens_",
                      SUM("stats_dayuser"."rounded_away_calls") AS "rounded_away_calls_",
                      SUM("stats_dayuser"."rounded_away_tokens") AS "rounded_away_tokens_", SUM("stats_dayuser"."no_usage_calls") AS "no_usage_calls_"
     FROM "stats_dayuser"
     WHERE (("stats_dayuser"."day" IN (%s)
             OR ("stats_dayuser"."day" >= %s
                 AND "stats_dayuser"."day" <= %s))
            AND "stats_dayuser"."user_id" IN (%s))
     GROUP BY "stats_dayuser"."currency_id"
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
                                                           END) AS currency_, prompt_tokens_ AS prompt_tokens_,
                      completion_tokens_ AS completion_tokens_, total_tokens_ AS total_tokens_, cost_units_ AS cost_units_,
                      response_ms_ AS response_ms_, timed_calls_ AS timed_calls_,
                      CASE WHEN ((outcome_ >> 3) & 1) = 1 THEN calls_ ELSE 0
                      END AS successes_,
                      CASE WHEN (outcome_ & 7) = 0 THEN calls_ ELSE 0
                      END AS costed_calls_,
                      CASE WHEN ((outcome_ >> 3) & 1) = 0 THEN cost_units_ ELSE 0
                      END AS failed_cost_units_,
                      CASE
                          WHEN ((outcome_ >> 3) & 1) = 0
                               AND (outcome_ & 7) = 0 THEN calls_ ELSE 0
                      END AS failed_costed_calls_,
                      CASE WHEN (outcome_ & 7) = 1 THEN calls_ ELSE 0
                      END AS unpriced_calls_,
                      CASE WHEN (outcome_ & 7) = 1 THEN total_tokens_ ELSE 0
                      END AS unpriced_tokens_,
                      CASE WHEN (outcome_ & 7) = 2 THEN calls_ ELSE 0
                      END AS rounded_away_calls_,
                      CASE WHEN (outcome_ & 7) = 2 THEN total_tokens_ ELSE 0
                      END AS rounded_away_tokens_,
                      CASE WHEN (outcome_ & 7) = 3 THEN calls_ ELSE 0
                      END AS no_usage_calls_
     FROM
       (SELECT %s AS "row_type_", %s AS "key_", "dt_api_usage_stats"."prompt_price_unit" AS "currency_",
               ((CASE WHEN "dt_api_usage_stats"."success" = 1 THEN %s ELSE %s
                 END * %s) + CASE
                                 WHEN ("dt_api_usage_stats"."cost" > %s
                                       OR "dt_api_usage_stats"."cost" < %s) THEN %s
                                 WHEN (("dt_api_usage_stats"."prompt_tokens" > %s
                                        OR "dt_api_usage_stats"."completion_tokens" > %s
                                        OR "dt_api_usage_stats"."total_tokens" > %s)
                                       AND ("dt_api_usage_stats"."prompt_unit_price" > %s
                                            OR "dt_api_usage_stats"."prompt_unit_price" < %s)) THEN %s
                                 WHEN ("dt_api_usage_stats"."prompt_tokens" > %s
                                       OR "dt_api_usage_stats"."completion_tokens" > %s
                                       OR "dt_api_usage_stats"."total_tokens" > %s) THEN %s WHEN "dt_api_usage_stats"."success" = 1 THEN %s ELSE %s
                             END) AS "outcome_", COUNT("dt_api_usage_stats"."id") AS "calls_",
               COALESCE(SUM("dt_api_usage_stats"."prompt_tokens"), %s) AS "prompt_tokens_",
               COALESCE(SUM("dt_api_usage_stats"."completion_tokens"), %s) AS "completion_tokens_",
               COALESCE(SUM("dt_api_usage_stats"."total_tokens"), %s) AS "total_tokens_",
               COALESCE(SUM(CAST(ROUND("dt_api_usage_stats"."cost" * 10000) AS INTEGER)), 0) AS "cost_units_",
               COALESCE(SUM("dt_api_usage_stats"."response_time_ms"), %s) AS "response_ms_", COUNT("dt_api_usage_stats"."response_time_ms") AS "timed_calls_"
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
               AND "dt_api_usage_stats"."user_id" = %s)
        GROUP BY 3, 4) AS part
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
                      NULL AS "empty_3", NULL AS "empty_4", NULL AS "empty_5", NULL AS "empty_6",
                      NULL AS "empty_7", NULL AS "empty_8", NULL AS "empty_9", NULL AS "empty_10",
                      NULL AS "empty_11", NULL AS "empty_12", NULL AS "empty_13", NULL AS "empty_14",
                      NULL AS "empty_15", NULL AS "empty_16"
     FROM "stats_foldstate"
     WHERE "stats_foldstate"."id" = %s) AS parts
  GROUP BY row_type_, key_, currency_
