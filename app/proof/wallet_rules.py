"""Rules of accounts, their wallets, and the posting accounts behind the wallets."""

from app.proof.findings import Rule
from app.proof.ledger_rules import closed_empty_sql

WALLET_RULES = (
    Rule(
        "wallet-account",
        "wallet",
        """
        SELECT wallet.id AS object_id,
               CASE WHEN account.id IS NULL THEN 'no posting account'
                    ELSE format('%s %s/%s, %s, %s, holder %s%s', account.book, account.asset, account.scale,
                                account.normal_side,
                                CASE WHEN account.allow_negative THEN 'may be negative' ELSE 'never negative' END,
                                coalesce(account.holder_id::text, 'none'),
                                CASE WHEN account.is_system THEN ', a system account' END)
               END AS stored,
               format('WALLET %s/%s, %s, %s, holder %s', wallet.currency, wallet.decimal_places, wallet.normal_side,
                      CASE WHEN wallet.allow_negative THEN 'may be negative' ELSE 'never negative' END,
                      coalesce(wallet.holder_id::text, 'none')) AS expected
        FROM (
            SELECT *, CASE WHEN accounting_type IN ('ASSET', 'EXPENSE') THEN 'DEBIT' ELSE 'CREDIT' END AS normal_side
            FROM wallets WHERE customer_id = $1
        ) AS wallet
        LEFT JOIN posting_accounts AS account
            ON account.customer_id = wallet.customer_id AND account.id = wallet.id
        WHERE (
            account.book, account.asset, account.scale, account.normal_side, account.allow_negative, account.is_system,
            account.holder_id
        ) IS DISTINCT FROM (
            'WALLET', wallet.currency, wallet.decimal_places, wallet.normal_side, wallet.allow_negative, false,
            wallet.holder_id
        )
        """,
    ),
    Rule(
        "wallet-exists",
        "posting account",
        """
        SELECT account.id AS object_id, 'a posting account in the book WALLET' AS stored,
               'a wallet of the same id' AS expected
        FROM posting_accounts AS account
        LEFT JOIN wallets AS wallet ON wallet.customer_id = account.customer_id AND wallet.id = account.id
        WHERE account.customer_id = $1 AND account.book = 'WALLET' AND wallet.id IS NULL
        """,
    ),
    Rule(
        "wallet-in-account",
        "wallet",
        """
        SELECT wallet.id AS object_id,
               format('reference %s, holder %s', wallet.account_reference, coalesce(wallet.holder_id::text, 'none'))
                   AS stored,
               format('reference %s, holder %s, as its account', account.reference,
                      coalesce(account.holder_id::text, 'none')) AS expected
        FROM wallets AS wallet
        JOIN accounts AS account ON account.customer_id = wallet.customer_id AND account.id = wallet.account_id
        WHERE wallet.customer_id = $1
            AND (wallet.account_reference, wallet.holder_id) IS DISTINCT FROM (account.reference, account.holder_id)
        """,
    ),
    Rule(
        "wallet-open",
        "wallet",
        """
        SELECT wallet.id AS object_id,
               CASE WHEN account.is_open THEN 'open for posting' ELSE 'not open for posting' END AS stored,
               CASE WHEN wallet.closed_at IS NULL THEN 'open' ELSE 'not open, since the wallet is closed' END
                   AS expected
        FROM wallets AS wallet
        JOIN posting_accounts AS account ON account.customer_id = wallet.customer_id AND account.id = wallet.id
        WHERE wallet.customer_id = $1 AND account.is_open <> (wallet.closed_at IS NULL)
        """,
    ),
    Rule(
        "wallet-closed-empty",
        "wallet",
        closed_empty_sql("wallets", "closed_at IS NOT NULL", "closed"),
    ),
    Rule(
        "account-closed-wallets",
        "account",
        """
        SELECT DISTINCT account.id AS object_id, 'closed, with an open wallet' AS stored,
               'only closed wallets' AS expected
        FROM accounts AS account
        JOIN wallets AS wallet ON wallet.customer_id = account.customer_id AND wallet.account_id = account.id
        WHERE account.customer_id = $1 AND account.closed_at IS NOT NULL AND wallet.closed_at IS NULL
        """,
    ),
    Rule(
        "account-backing",
        "wallet",
        """
        SELECT wallet.id AS object_id, wallet.currency AS stored,
               format('%s, as the ledger that backs its account', ledger.asset) AS expected
        FROM accounts AS account
        JOIN ledgers AS ledger ON ledger.customer_id = account.customer_id AND ledger.id = account.backing_ledger_id
        JOIN wallets AS wallet ON wallet.customer_id = account.customer_id AND wallet.account_id = account.id
        WHERE account.customer_id = $1 AND wallet.closed_at IS NULL AND wallet.currency <> ledger.asset
        """,
    ),
    Rule(
        "accounting-equation",
        "unit",
        """
        SELECT format('%s/%s', currency, decimal_places) AS object_id,
               format('%s of assets and expenses', assets) AS stored,
               format('%s, as liabilities, equity and revenue', claims) AS expected
        FROM (
            SELECT w.currency, w.decimal_places,
                   coalesce(sum(p.debits - p.credits) FILTER (WHERE w.accounting_type IN ('ASSET', 'EXPENSE')), 0)
                       AS assets,
                   coalesce(sum(p.credits - p.debits) FILTER (WHERE w.accounting_type NOT IN ('ASSET', 'EXPENSE')), 0)
                       AS claims
            FROM wallets AS w JOIN posting_accounts AS p ON p.customer_id = w.customer_id AND p.id = w.id
            WHERE w.customer_id = $1 GROUP BY w.currency, w.decimal_places
        ) AS units
        WHERE assets <> claims
        """,
    ),
)
