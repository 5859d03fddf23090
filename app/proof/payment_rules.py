"""Rules of payments, and of the holds and transfers that carry them out."""

from app.proof.findings import Rule

PAYMENT_RULES = (
    Rule(
        "payment-hold",
        "payment",
        """
        SELECT payment.id AS object_id,
               format('%s, %s, with %s', payment.direction, payment.status,
                      coalesce(string_agg(format('a %s hold of %s from %s', hold.status, hold.amount_minor_units,
                                                 hold.debit_id), ' and '), 'no hold')) AS stored,
               CASE payment.direction WHEN 'IN' THEN 'no hold' ELSE
                    format('a %s hold of %s from %s', CASE payment.status
                        WHEN 'PENDING' THEN 'PLACED' WHEN 'ACCEPTED' THEN 'CAPTURED' ELSE 'RELEASED'
                    END, payment.amount_minor_units, payment.ledger_id)
               END AS expected
        FROM payments AS payment
        LEFT JOIN holds AS hold ON hold.customer_id = payment.customer_id AND hold.payment_id = payment.id
        WHERE payment.customer_id = $1
        GROUP BY payment.customer_id, payment.id
        HAVING count(hold.id) <> CASE payment.direction WHEN 'IN' THEN 0 ELSE 1 END OR NOT bool_and(
            hold.id IS NULL
            OR (hold.amount_minor_units, hold.asset, hold.scale, hold.debit_id, hold.status)
               = (payment.amount_minor_units, payment.asset, payment.scale, payment.ledger_id, CASE payment.status
                      WHEN 'PENDING' THEN 'PLACED' WHEN 'ACCEPTED' THEN 'CAPTURED' ELSE 'RELEASED'
                  END)
        )
        """,
    ),
    Rule(
        "payment-transfer",
        "payment",
        """
        SELECT payment.id AS object_id,
               format('%s, %s, with %s', payment.direction, payment.status,
                      coalesce(string_agg(format('a %s of %s from %s to %s', made.kind, made.amount_minor_units,
                                                 made.debit_id, made.credit_id), ' and '), 'no transfer')) AS stored,
               CASE WHEN payment.status <> 'ACCEPTED' THEN 'no transfer'
                    WHEN payment.direction = 'IN' THEN format('a PAYMENT_IN of %s from a settlement account to %s',
                                                              payment.amount_minor_units, payment.ledger_id)
                    ELSE format('a PAYMENT_OUT of %s from %s to a settlement account, which captures its hold',
                                payment.amount_minor_units, payment.ledger_id)
               END AS expected
        FROM payments AS payment
        LEFT JOIN transfers AS made ON made.customer_id = payment.customer_id AND made.payment_id = payment.id
        LEFT JOIN system_accounts AS settlement
            ON settlement.customer_id = made.customer_id AND settlement.system_key LIKE 'settlement:%'
            AND settlement.id = CASE payment.direction WHEN 'IN' THEN made.debit_id ELSE made.credit_id END
        WHERE payment.customer_id = $1
        GROUP BY payment.customer_id, payment.id
        HAVING count(made.id) <> CASE payment.status WHEN 'ACCEPTED' THEN 1 ELSE 0 END OR NOT bool_and(
            made.id IS NULL
            OR settlement.id IS NOT NULL
               AND (made.hold_id IS NOT NULL) = (payment.direction = 'OUT')
               AND (made.kind, made.amount_minor_units, made.asset, made.scale,
                    CASE payment.direction WHEN 'IN' THEN made.credit_id ELSE made.debit_id END)
                   = ('PAYMENT_' || payment.direction, payment.amount_minor_units, payment.asset, payment.scale,
                      payment.ledger_id)
        )
        """,
    ),
    Rule(
        "payment-exists",
        "payment",
        """
        SELECT moved.payment_id AS object_id, format('no such payment, but the %s %s', moved.name, moved.id) AS stored,
               'a payment' AS expected
        FROM (
            SELECT payment_id, 'transfer' AS name, id FROM transfers WHERE customer_id = $1 AND payment_id IS NOT NULL
            UNION ALL
            SELECT payment_id, 'hold', id FROM holds WHERE customer_id = $1 AND payment_id IS NOT NULL
        ) AS moved LEFT JOIN payments AS payment ON payment.customer_id = $1 AND payment.id = moved.payment_id
        WHERE payment.id IS NULL
        """,
    ),
)
