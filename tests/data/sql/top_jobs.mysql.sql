SELECT row_type_, calls_, key_, value_
  FROM
    (SELECT SQL_BIG_RESULT row_type_, key_, CAST(SUM(calls_) AS SIGNED) AS calls_,
            CAST(SUM(value_) AS SIGNED) AS value_
     FROM (
             (SELECT %s AS `row_type_`, `stats_dayjob`.`calls` AS `calls_`,
                     NULLIF(`stats_dayjob`.`job_id`, %s) AS `key_`, `stats_dayjob`.`cost_units` AS `value_`
              FROM `stats_dayjob`
              WHERE ((`stats_dayjob`.`day` >= %s
                      AND `stats_dayjob`.`day` <= %s)
                     AND `stats_dayjob`.`currency_id` =
                       (SELECT U0.`id` AS `pk`
                        FROM `stats_currencyname` U0
                        WHERE U0.`text` = %s)))
           UNION ALL
             (SELECT %s AS `row_type_`, COUNT(`dt_api_usage_stats`.`id`) AS `calls_`,
                     `dt_api_usage_stats`.`job_id` AS `key_`,
                     CAST(COALESCE(SUM(`dt_api_usage_stats`.`cost`), 0) * 10000 AS SIGNED) AS `value_`
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
                                                                         AND U0.`id` = %s)), %s))
                     AND COALESCE(NULLIF(RTRIM(CONVERT(`dt_api_usage_stats`.`prompt_price_unit` USING utf8mb4)) COLLATE utf8mb4_bin, %s), %s) = %s)
              GROUP BY 3
              ORDER BY NULL)
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
                                                                  END) AS `version`, NULL AS `empty_0`, NULL AS `empty_1`
              FROM `stats_foldstate`
              WHERE `stats_foldstate`.`id` = %s)) AS parts
     GROUP BY row_type_, key_) AS found
  WHERE row_type_ = 0
    OR calls_ <> 0
  ORDER BY row_type_, value_ DESC, key_ IS NULL, key_
  LIMIT 101
