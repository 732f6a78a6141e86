SELECT row_type_, CAST(SUM(timed_calls_) AS SIGNED), key_, bucket_
  FROM (
          (SELECT %s AS `row_type_`, SUM(`stats_monthlatency`.`timed_calls`) AS `timed_calls_`,
                  %s AS `key_`, `stats_monthlatency`.`bucket` AS `bucket_`
           FROM `stats_monthlatency`
           WHERE ((`stats_monthlatency`.`month` >= %s
                   AND `stats_monthlatency`.`month` <= %s)
                  AND `stats_monthlatency`.`endpoint_id` =
                    (SELECT U0.`id` AS `pk`
                     FROM `stats_endpointname` U0
                     WHERE U0.`text` = %s))
           GROUP BY 4
           ORDER BY NULL)
        UNION ALL
          (SELECT row_type_ AS row_type_, -timed_calls_ AS timed_calls_, key_ AS key_, bucket_ AS bucket_
           FROM
             (SELECT %s AS `row_type_`, SUM(`stats_daylatency`.`timed_calls`) AS `timed_calls_`,
                     %s AS `key_`, `stats_daylatency`.`bucket` AS `bucket_`
              FROM `stats_daylatency`
              WHERE ((`stats_daylatency`.`day` >= %s
                      AND `stats_daylatency`.`day` <= %s)
                     AND `stats_daylatency`.`endpoint_id` =
                       (SELECT U0.`id` AS `pk`
                        FROM `stats_endpointname` U0
                        WHERE U0.`text` = %s))
              GROUP BY 4
              ORDER BY NULL) AS part)
        UNION ALL
          (SELECT %s AS `row_type_`, SUM(`stats_daylatency`.`timed_calls`) AS `timed_calls_`,
                  %s AS `key_`, `stats_daylatency`.`bucket` AS `bucket_`
           FROM `stats_daylatency`
           WHERE ((`stats_daylatency`.`day` >= %s
                   AND `stats_daylatency`.`day` <= %s)
                  AND `stats_daylatency`.`endpoint_id` =
                    (SELECT U0.`id` AS `pk`
                     FROM `stats_endpointname` U0
                     WHERE U0.`text` = %s))
           GROUP BY 4
           ORDER BY NULL)
        UNION ALL
          (SELECT %s AS `row_type_`, COUNT(`dt_api_usage_stats`.`id`) AS `timed_calls_`, %s AS `key_`,
                  CASE
                      WHEN `dt_api_usage_stats`.`response_time_ms` > 0 THEN CEILING(LN(`dt_api_usage_stats`.`response_time_ms`) / 0.040005334613699206e0) ELSE -1
                  END AS `bucket_`
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
                  AND RTRIM(CONVERT(`dt_api_usage_stats`.`api_endpoint` USING utf8mb4)) COLLATE utf8mb4_bin = %s
                  AND `dt_api_usage_stats`.`response_time_ms` IS NOT NULL)
           GROUP BY 4
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
  GROUP BY row_type_, key_, bucket_
