SELECT %s AS "row_type_", SUM("stats_dayfailure"."failures") AS "failures_",

    (SELECT U0."message" AS "message"
     FROM "stats_failurekind" U0
     WHERE U0."id" = ("stats_dayfailure"."kind_id")) AS "message_",

    (SELECT U0."text" AS "text"
     FROM "stats_endpointname" U0
     WHERE U0."id" = ("stats_dayfailure"."endpoint_id")) AS "endpoint_", MIN("stats_dayfailure"."first_at") AS "first_at_",
       MAX("stats_dayfailure"."last_at") AS "last_at_"
  FROM "stats_dayfailure"
  WHERE ("stats_dayfailure"."day" >= %s
         AND "stats_dayfailure"."day" <= %s)
  GROUP BY "stats_dayfailure"."kind_id", "stats_dayfailure"."endpoint_id"
  UNION ALL
  SELECT row_type_ AS row_type_, failures_ AS failures_, message_ AS message_,
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
    (SELECT %s AS "row_type_", COUNT("dt_api_usage_stats"."id") AS "failures_",
            SUBSTR(RTRIM(COALESCE("dt_api_usage_stats"."error_message", %s)), %s, %s) AS "message_", RTRIM("dt_api_usage_stats"."api_endpoint") AS "endpoint_",
            MIN("dt_api_usage_stats"."created_at") FILTER (
                                                           WHERE ("dt_api_usage_stats"."created_at" >= '1000-01-03 00:00:00'
                                                                  AND "dt_api_usage_stats"."created_at" <= '9999-12-31 23:59:59')) AS "first_at_",
            MAX("dt_api_usage_stats"."created_at") FILTER (
                                                           WHERE ("dt_api_usage_stats"."created_at" >= '1000-01-03 00:00:00'
                                                                  AND "dt_api_usage_stats"."created_at" <= '9999-12-31 23:59:59')) AS "last_at_"
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
            AND ("dt_api_usage_stats"."success" <> 1
                 OR "dt_api_usage_stats"."success" IS NULL))
     GROUP BY 3, 4) AS part
  UNION ALL
  SELECT %s AS "row_type_",
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
                                                      END) AS "version", NULL AS "empty_0", NULL AS "empty_1", NULL AS "empty_2", NULL AS "empty_3"
  FROM "stats_foldstate"
  WHERE "stats_foldstate"."id" = %s
