
    (SELECT %s AS `row_type_`, SUM(`stats_dayfailure`.`failures`) AS `failures_`,

       (SELECT U0.`message` AS `message`
        FROM `stats_failurekind` U0
        WHERE U0.`id` = (`stats_dayfailure`.`kind_id`)) AS `message_`,

       (SELECT U0.`text` AS `text`
        FROM `stats_endpointname` U0
        WHERE U0.`id` = (`stats_dayfailure`.`endpoint_id`)) AS `endpoint_`, MIN(`stats_dayfailure`.`first_at`) AS `first_at_`,
            MAX(`stats_dayfailure`.`last_at`) AS `last_at_`
     FROM `stats_dayfailure`
     WHERE (`stats_dayfailure`.`day` >= %s
            AND `stats_dayfailure`.`day` <= %s)
     GROUP BY `stats_dayfailure`.`kind_id`, `stats_dayfailure`.`endpoint_id`
     ORDER BY NULL)
  UNION ALL
    (SELECT row_type_ AS row_type_, failures_ AS failures_, message_ AS message_,
            COALESCE(
                       (SELECT text
                        FROM stats_endpointname
                        WHERE text = endpoint_), CASE
                                                     WHEN
                                                            (SELECT id
                                                             FROM stats_endpointname
                                                             ORDER BY id
                                                             LIMIT 1
                                                             OFFSET 999) IS NULL THEN endpoint_ ELSE '(other endpoints)'
                                                 END) AS endpoint_, first_at_ AS first_at_, last_at_ AS last_at_
     FROM
       (SELECT %s AS `row_type_`, COUNT(`dt_api_usage_stats`.`id`) AS `failures_`,
               LEFT(RTRIM(CONVERT(COALESCE(`dt_api_usage_stats`.`error_message`, %s) USING utf8mb4)) COLLATE utf8mb4_bin, %s) AS `message_`, RTRIM(CONVERT(`dt_api_usage_stats`.`api_endpoint` USING utf8mb4)) COLLATE utf8mb4_bin AS `endpoint_`,
                                                                                                                                                                                                                       MIN(CASE
                                                                                                                                                                                                                               WHEN (`dt_api_usage_stats`.`created_at` >= '1000-01-03 00:00:00'
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
                                                                                                                                                                                                                                                                                                   END)) THEN `dt_api_usage_stats`.`created_at`
                                                                                                                                                                                                                               ELSE NULL
                                                                                                                                                                                                                           END) AS `first_at_`,
                                                                                                                                                                                                                       MAX(CASE
                                                                                                                                                                                                                               WHEN (`dt_api_usage_stats`.`created_at` >= '1000-01-03 00:00:00'
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
                                                                                                                                                                                                                                                                                                   END)) THEN `dt_api_usage_stats`.`created_at`
                                                                                                                                                                                                                               ELSE NULL
                                                                                                                                                                                                                           END) AS `last_at_`
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
               AND (`dt_api_usage_stats`.`success` <> 1
                    OR `dt_api_usage_stats`.`success` IS NULL))
        GROUP BY 3, 4
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
                                                         END) AS `version`, NULL AS `empty_0`, NULL AS `empty_1`, NULL AS `empty_2`, NULL AS `empty_3`
     FROM `stats_foldstate`
     WHERE `stats_foldstate`.`id` = %s)
