SELECT row_type_, CAST(SUM(calls_) AS INTEGER), key_, currency_,
       CAST(SUM(prompt_tokens_) AS INTEGER), CAST(SUM(completion_tokens_) AS INTEGER),
       CAST(SUM(total_tokens_) AS INTEGER), CAST(SUM(cost_units_) AS INTEGER), CAST(SUM(response_ms_) AS INTEGER),
       CAST(SUM(timed_calls_) AS INTEGER), CAST(SUM(successes_) AS INTEGER), CAST(SUM(costed_calls_) AS INTEGER),
       CAST(SUM(failed_cost_units_) AS INTEGER), CAST(SUM(failed_costed_calls_) AS INTEGER),
       CAST(SUM(unpriced_calls_) AS INTEGER), CAST(SUM(unpriced_tokens_) AS INTEGER),
       CAST(SUM(rounded_away_calls_) AS INTEGER), CAST(SUM(rounded_away_tokens_) AS INTEGER),
       CAST(SUM(no_usage_calls_) AS INTEGER)
  FROM
    (SELECT row_type_ AS row_type_, calls_ AS calls_, key_ AS key_, currency_ AS currency_,
            prompt_tokens_ AS prompt_tokens_, completion_tokens_ AS completion_tokens_, total_tokens_ AS total_tokens_,
            cost_units_ AS cost_units_, response_ms_ AS response_ms_, timed_calls_ AS timed_calls_,
            CASE WHEN ((outcome_ >> 3) & 1) = 1 THEN calls_ ELSE 0
            END AS successes_, CASE WHEN (outcome_ & 7) = 0 THEN calls_ ELSE 0
                               END AS costed_calls_,
            CASE WHEN ((outcome_ >> 3) & 1) = 0 THEN cost_units_ ELSE 0
            END AS failed_cost_units_,
            CASE WHEN ((outcome_ >> 3) & 1) = 0
                     AND (outcome_ & 7) = 0 THEN calls_ ELSE 0
            END AS failed_costed_calls_, CASE WHEN (outcome_ & 7) = 1 THEN calls_ ELSE 0
                                         END AS unpriced_calls_,
            CASE WHEN (outcome_ & 7) = 1 THEN total_tokens_ ELSE 0
            END AS unpriced_tokens_,
            CASE WHEN (outcome_ & 7) = 2 THEN calls_ ELSE 0
            END AS rounded_away_calls_,
            CASE WHEN (outcome_ & 7) = 2 THEN total_tokens_ ELSE 0
            END AS rounded_away_tokens_, CASE WHEN (outcome_ & 7) = 3 THEN calls_ ELSE 0
                                         END AS no_usage_calls_
     FROM
       (SELECT %s AS "row_type_",

          (SELECT U0."text" AS "text"
           FROM "stats_endpointname" U0
           WHERE U0."id" = ("stats_monthuserendpoint"."endpoint_id")) AS "key_",

          (SELECT U0."text" AS "text"
           FROM "stats_currencyname" U0
           WHERE U0."id" = ("stats_monthuserendpoint"."currency_id")) AS "currency_",
               (("stats_monthuserendpoint"."success" * %s) + "stats_monthuserendpoint"."cost_kind") AS "outcome_", SUM("stats_monthuserendpoint"."calls") AS "calls_",
               SUM("stats_monthuserendpoint"."prompt_tokens") AS "prompt_tokens_",
               SUM("stats_monthuserendpoint"."completion_tokens") AS "completion_tokens_", SUM("stats_monthuserendpoint"."total_tokens") AS "total_tokens_",
               SUM("stats_monthuserendpoint"."cost_units") AS "cost_units_", SUM("stats_monthuserendpoint"."response_ms") AS "response_ms_",
               SUM("stats_monthuserendpoint"."timed_calls") AS "timed_calls_"
        FROM "stats_monthuserendpoint"
        WHERE (("stats_monthuserendpoint"."month" IN (%s, %s)
                OR ("stats_monthuserendpoint"."month" >= %s
                    AND "stats_monthuserendpoint"."month" <= %s))
               AND "stats_monthuserendpoint"."user_id" IN (%s, %s))
        GROUP BY "stats_monthuserendpoint"."endpoint_id", "stats_monthuserendpoint"."currency_id", 4) AS part
     UNION ALL SELECT row_type_ AS row_type_, -calls_ AS calls_, key_ AS key_, currency_ AS currency_, -prompt_tokens_ AS prompt_tokens_, -completion_tokens_ AS completion_tokens_, -total_tokens_ AS total_tokens_, -cost_units_ AS cost_units_, -response_ms_ AS response_ms_, -timed_calls_ AS timed_calls_, -successes_ AS successes_, -costed_calls_ AS costed_calls_, -failed_cost_units_ AS failed_cost_units_, -failed_costed_calls_ AS failed_costed_calls_, -unpriced_calls_ AS unpriced_calls_, -unpriced_tokens_ AS unpriced_tokens_, -rounded_away_calls_ AS rounded_away_calls_, -rounded_away_tokens_ AS rounded_away_tokens_, -no_usage_calls_ AS no_usage_calls_
     FROM
       (SELECT row_type_ AS row_type_, calls_ AS calls_, key_ AS key_, currency_ AS currency_,
               prompt_tokens_ AS prompt_tokens_, completion_tokens_ AS completion_tokens_,
               total_tokens_ AS total_tokens_, cost_units_ AS cost_units_, response_ms_ AS response_ms_,
               timed_calls_ AS timed_calls_,
               CASE WHEN ((outcome_ >> 3) & 1) = 1 THEN calls_ ELSE 0
               END AS successes_, CASE WHEN (outcome_ & 7) = 0 THEN calls_ ELSE 0
                                  END AS costed_calls_,
               CASE WHEN ((outcome_ >> 3) & 1) = 0 THEN cost_units_ ELSE 0
               END AS failed_cost_units_,
               CASE WHEN ((outcome_ >> 3) & 1) = 0
                        AND (outcome_ & 7) = 0 THEN calls_ ELSE 0
               END AS failed_costed_calls_, CASE WHEN (outcome_ & 7) = 1 THEN calls_ ELSE 0
                                            END AS unpriced_calls_,
               CASE WHEN (outcome_ & 7) = 1 THEN total_tokens_ ELSE 0
               END AS unpriced_tokens_,
               CASE WHEN (outcome_ & 7) = 2 THEN calls_ ELSE 0
               END AS rounded_away_calls_,
               CASE WHEN (outcome_ & 7) = 2 THEN total_tokens_ ELSE 0
               END AS rounded_away_tokens_, CASE WHEN (outcome_ & 7) = 3 THEN calls_ ELSE 0
                                            END AS no_usage_calls_
        FROM
          (SELECT %s AS "row_type_",

             (SELECT U0."text" AS "text"
              FROM "stats_endpointname" U0
              WHERE U0."id" = ("stats_dayuserendpoint"."endpoint_id")) AS "key_",

             (SELECT U0."text" AS "text"
              FROM "stats_currencyname" U0
              WHERE U0."id" = ("stats_dayuserendpoint"."currency_id")) AS "currency_",
                  (("stats_dayuserendpoint"."success" * %s) + "stats_dayuserendpoint"."cost_kind") AS "outcome_", SUM("stats_dayuserendpoint"."calls") AS "calls_",
                  SUM("stats_dayuserendpoint"."prompt_tokens") AS "prompt_tokens_",
                  SUM("stats_dayuserendpoint"."completion_tokens") AS "completion_tokens_", SUM("stats_dayuserendpoint"."total_tokens") AS "total_tokens_",
                  SUM("stats_dayuserendpoint"."cost_units") AS "cost_units_", SUM("stats_dayuserendpoint"."response_ms") AS "response_ms_",
                  SUM("stats_dayuserendpoint"."timed_calls") AS "timed_calls_"
           FROM "stats_dayuserendpoint"
           WHERE (("stats_dayuserendpoint"."day" IN (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
                   OR ("stats_dayuserendpoint"."day" >= %s
                       AND "stats_dayuserendpoint"."day" <= %s))
                  AND "stats_dayuserendpoint"."user_id" IN (%s, %s))
           GROUP BY "stats_dayuserendpoint"."endpoint_id", "stats_dayuserendpoint"."currency_id", 4) AS part) AS part
     UNION ALL SELECT row_type_ AS row_type_, calls_ AS calls_, key_ AS key_, currency_ AS currency_,
                      prompt_tokens_ AS prompt_tokens_, completion_tokens_ AS completion_tokens_,
                      total_tokens_ AS total_tokens_, cost_units_ AS cost_units_, response_ms_ AS response_ms_,
                      timed_calls_ AS timed_calls_,
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
       (SELECT %s AS "row_type_",

          (SELECT U0."text" AS "text"
           FROM "stats_endpointname" U0
           WHERE U0."id" = ("stats_dayuserendpoint"."endpoint_id")) AS "key_",

          (SELECT U0."text" AS "text"
           FROM "stats_currencyname" U0
           WHERE U0."id" = ("stats_dayuserendpoint"."currency_id")) AS "currency_",
               (("stats_dayuserendpoint"."success" * %s) + "stats_dayuserendpoint"."cost_kind") AS "outcome_", SUM("stats_dayuserendpoint"."calls") AS "calls_",
               SUM("stats_dayuserendpoint"."prompt_tokens") AS "prompt_tokens_",
               SUM("stats_dayuserendpoint"."completion_tokens") AS "completion_tokens_", SUM("stats_dayuserendpoint"."total_tokens") AS "total_tokens_",
               SUM("stats_dayuserendpoint"."cost_units") AS "cost_units_", SUM("stats_dayuserendpoint"."response_ms") AS "response_ms_",
               SUM("stats_dayuserendpoint"."timed_calls") AS "timed_calls_"
        FROM "stats_dayuserendpoint"
        WHERE (("stats_dayuserendpoint"."day" IN (%s)
                OR ("stats_dayuserendpoint"."day" >= %s
                    AND "stats_dayuserendpoint"."day" <= %s))
               AND "stats_dayuserendpoint"."user_id" IN (%s, %s))
        GROUP BY "stats_dayuserendpoint"."endpoint_id", "stats_dayuserendpoint"."currency_id", 4) AS part
     UNION ALL SELECT row_type_ AS row_type_, calls_ AS calls_,
                      COALESCE(
                                 (SELECT text
                                  FROM stats_endpointname
                                  WHERE text = RTRIM(key_)), CASE
                                                                 WHEN
                                                                        (SELECT id
                                                                         FROM stats_endpointname
                                                                         ORDER BY id
                                                                         LIMIT 1
                                                                         OFFSET 999) IS NULL THEN RTRIM(key_)
                                                                 ELSE '(other endpoints)'
                                                             END) AS key_,
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
       (SELECT %s AS "row_type_", "dt_api_usage_stats"."api_endpoint" AS "key_",
               "dt_api_usage_stats"."prompt_price_unit" AS "currency_",
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
               AND "dt_api_usage_stats"."user_id" IN (%s, %s))
        GROUP BY 2, 3, 4) AS part
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
