SELECT row_type_, CAST(SUM(calls_ * 1e0) AS SIGNED), key_, currency_,
       CAST(SUM(total_tokens_ * 1e0) AS SIGNED), CAST(SUM(cost_units_) AS SIGNED), CAST(SUM(costed_calls_ * 1e0) AS SIGNED),
       CAST(SUM(ABS(calls_) * 1e0) AS SIGNED)
  FROM (
          (SELECT %s AS `row_type_`, SUM((`stats_monthuser`.`calls` * %s)) AS `calls_`,
                  `stats_monthuser`.`user_id` AS `key_`,

             (SELECT U0.`text` AS `text`
              FROM `stats_currencyname` U0
              WHERE U0.`id` = (`stats_monthuser`.`currency_id`)) AS `currency_`, SUM((`stats_monthuser`.`total_tokens` * %s)) AS `total_tokens_`,
                  SUM(`stats_monthuser`.`cost_units`) AS `cost_units_`, SUM((`stats_monthuser`.`costed_calls` * %s)) AS `costed_calls_`
           FROM `stats_monthuser`
           WHERE (`stats_monthuser`.`month` >= %s
                  AND `stats_monthuser`.`month` <= %s)
           GROUP BY 3, `stats_monthuser`.`currency_id`
           ORDER BY NULL)
        UNION ALL
          (SELECT row_type_ AS row_type_, -calls_ AS calls_, key_ AS key_, currency_ AS currency_, -total_tokens_ AS total_tokens_, -cost_units_ AS cost_units_, -costed_calls_ AS costed_calls_
           FROM
             (SELECT %s AS `row_type_`, SUM((`stats_dayuser`.`calls` * %s)) AS `calls_`,
                     `stats_dayuser`.`user_id` AS `key_`,

                (SELECT U0.`text` AS `text`
                 FROM `stats_currencyname` U0
                 WHERE U0.`id` = (`stats_dayuser`.`currency_id`)) AS `currency_`, SUM((`stats_dayuser`.`total_tokens` * %s)) AS `total_tokens_`,
                     SUM(`stats_dayuser`.`cost_units`) AS `cost_units_`, SUM((`stats_dayuser`.`costed_calls` * %s)) AS `costed_calls_`
              FROM `stats_dayuser`
              WHERE (`stats_dayuser`.`day` >= %s
                     AND `stats_dayuser`.`day` <= %s)
              GROUP BY 3, `stats_dayuser`.`currency_id`
              ORDER BY NULL) AS part)
        UNION ALL
          (SELECT %s AS `row_type_`, SUM((`stats_dayuser`.`calls` * %s)) AS `calls_`,
                  `stats_dayuser`.`user_id` AS `key_`,

             (SELECT U0.`text` AS `text`
              FROM `stats_currencyname` U0
              WHERE U0.`id` = (`stats_dayuser`.`currency_id`)) AS `currency_`, SUM((`stats_dayuser`.`total_tokens` * %s)) AS `total_tokens_`,
                  SUM(`stats_dayuser`.`cost_units`) AS `cost_units_`, SUM((`stats_dayuser`.`costed_calls` * %s)) AS `costed_calls_`
           FROM `stats_dayuser`
           WHERE (`stats_dayuser`.`day` >= %s
                  AND `stats_dayuser`.`day` <= %s)
           GROUP BY 3, `stats_dayuser`.`currency_id`
           ORDER BY NULL)
        UNION ALL
          (SELECT row_type_ AS row_type_, calls_ AS calls_, key_ AS key_,
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
             (SELECT %s AS `row_type_`, `dt_api_usage_stats`.`user_id` AS `key_`,
                     CONVERT(`dt_api_usage_stats`.`prompt_price_unit` USING utf8mb4) COLLATE utf8mb4_bin AS `currency_`,
                                                                                             (COUNT(`dt_api_usage_stats`.`id`) * %s) AS `calls_`,
                                                                                             COALESCE(SUM((`dt_api_usage_stats`.`total_tokens` * %s)),

                                                                                               %s) AS `total_tokens_`,
                                                                                             CAST(COALESCE(SUM(`dt_api_usage_stats`.`cost`),

                                                                                                    0) * 10000 AS SIGNED) AS `cost_units_`,
                                                                                             COUNT(CASE
                                                                                                       WHEN (`dt_api_usage_stats`.`cost` > %s
                                                                                                             OR `dt_api_usage_stats`.`cost` < %s) THEN %s
                                                                                                       ELSE NULL
                                                                                                   END) AS `costed_calls_`
              FROM `dt_api_usage_stats`
              WHERE (((`dt_api_usage_stats`.`created_at` >= '1000-01-03 00:00:00'
                       AND `dt_api_usage_stats`.`created_at` <= '9999-12-31 23:59:59'
                       AND MONTH(`dt_api_usage_stats`.`created_at`) > 0
                       AND (DAY(`dt_api_usage_stats`.`created_at`) BETWEEN 1 AND 28
                            OR DAY(`dt_api_usage_stats`.`created_at`) BETWEEN 29 AND CASE
                                                                                         WHEN MONTH(`dt_api_usage_stats`.`created_at`) = 2 THEN 28 + (MOD(YEAR(`dt_api_usage_stats`.`created_at`),

                                                                                                                                                        4) = 0
                                                                                                                                                      AND (MOD(YEAR(`dt_api_usage_stats`.`created_at`),

                                                                                                                                                             100) <> 0
                                                                                                                                                           OR MOD(YEAR(`dt_api_usage_stats`.`created_at`),

                                                                                                                                                                400) = 0))
                                                                                         WHEN MONTH(`dt_api_usage_stats`.`created_at`) IN (4,
                                                                                                                                           6,
                                                                                                                                           9,
                                                                                                                                           11) THEN 30
                                                                                         ELSE 31
                                                                                     END))
                      AND `dt_api_usage_stats`.`created_at` >= %s
                      AND `dt_api_usage_stats`.`created_at` <= %s)
                     AND `dt_api_usage_stats`.`id` > (COALESCE(
                                                                 (SELECT U0.`folded_to` AS `folded_to`
                                                                  FROM `stats_foldstate` U0
                                                                  WHERE (U0.`folded_at` IS NOT NULL
                                                                         AND U0.`id` = %s)), %s)))
              GROUP BY 2, 3
              ORDER BY NULL) AS part)
        UNION ALL
          (SELECT %s AS `row_type_`,
                  (((`stats_foldstate`.`purges` * %s) + CASE
                                                            WHEN
                                                                   (SELECT U0.`id` AS `pk`
                                                                    FROM `stats_endpointname` U0
                                                                    ORDER BY 1 ASC
                                                                    LIMIT 1
                                                                    OFFSET 999) IS NOT NULL THEN %s ELSE %s
                                                        END) + CASE
                                                                   WHEN
                                                                          (SELECT U0.`id` AS `pk`
                                                                           FROM `stats_currencyname` U0
                                                                           ORDER BY 1 ASC
                                                                           LIMIT 1
                                                                           OFFSET 49) IS NOT NULL THEN %s ELSE %s
                                                               END) AS `version`, NULL AS `empty_0`, NULL AS `empty_1`, NULL AS `empty_2`,
                  NULL AS `empty_3`, NULL AS `empty_4`
           FROM `stats_foldstate`
           WHERE `stats_foldstate`.`id` = %s)) AS parts
  GROUP BY row_type_, key_, currency_
