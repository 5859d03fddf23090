//! The story with graphql_client. Run it with
//! `QUAESTOR_URL=http://127.0.0.1:8000 QUAESTOR_API_KEY=… cargo run -p story-graphql-client`.

use std::{env, error::Error};

use graphql_client::{GraphQLQuery, Response};

// What a scalar of the schema is in Rust. Amounts are texts: f64 would lose digits.
type Decimal = String;
type DateTime = String;
type Date = String;
#[allow(clippy::upper_case_acronyms)]
type JSON = serde_json::Value;

macro_rules! operation {
    ($name:ident) => {
        #[derive(GraphQLQuery)]
        #[graphql(
            schema_path = "../../schema/schema.json",
            query_path = "story.graphql",
            response_derives = "Debug",
            fragments_other_variant = "true",
            skip_serializing_none
        )]
        struct $name;
    };
}

operation!(CreateHolder);
operation!(IssueVirtualLedger);
operation!(CreditVirtualLedger);
operation!(PostTransfer);
operation!(Entries);

type Done<T> = Result<T, Box<dyn Error>>;

struct Story {
    http: reqwest::blocking::Client,
    url: String,
    key: String,
}

impl Story {
    fn ask<Q: GraphQLQuery>(&self, variables: Q::Variables) -> Done<Q::ResponseData> {
        let asked = self.http.post(&self.url).header("Authorization", &self.key);
        let answer: Response<Q::ResponseData> = asked.json(&Q::build_query(variables)).send()?.json()?;
        match (answer.data, answer.errors) {
            (Some(data), None) => Ok(data),
            (_, errors) => Err(format!("{errors:?}").into()),
        }
    }

    fn create_holder(&self, name: &str) -> Done<String> {
        use create_holder::{CreateHolderCreateHolder as Answer, *};
        let person = PersonInput { name: name.into(), date_of_birth: None };
        let input = CreateHolderInput {
            party: HolderPartyInput { person: Some(person), company: None },
            idempotency_key: Some("holder".into()),
            email: None,
            address: None,
            metadata: None,
        };
        match self.ask::<CreateHolder>(Variables { input })?.create_holder {
            Some(Answer::HolderSuccess(made)) => {
                println!("holder: {}", made.holder.name);
                Ok(made.holder.id)
            }
            other => Err(format!("{other:?}").into()),
        }
    }

    fn issue_ledger(
        &self,
        holder_id: &str,
        key: &str,
    ) -> Done<issue_virtual_ledger::IssueVirtualLedgerIssueVirtualLedgerOnLedgerSuccessLedger> {
        use issue_virtual_ledger::{IssueVirtualLedgerIssueVirtualLedger as Answer, *};
        let input = IssueVirtualLedgerInput {
            asset: "GOLD".into(),
            holder_id: Some(holder_id.into()),
            idempotency_key: Some(key.into()),
            asset_class: AssetClass::COMMODITY,
            type_: LedgerType::SINGLE_USER,
            metadata: None,
        };
        match self.ask::<IssueVirtualLedger>(Variables { input })?.issue_virtual_ledger {
            Some(Answer::LedgerSuccess(issued)) => Ok(issued.ledger),
            other => Err(format!("{other:?}").into()),
        }
    }

    fn credit(&self, ledger_id: &str) -> Done<()> {
        use credit_virtual_ledger::{CreditVirtualLedgerCreditVirtualLedger as Answer, *};
        let input = VirtualMovementInput {
            idempotency_key: "credit".into(),
            ledger_id: ledger_id.into(),
            amount: MoneyInput { value: "10".into(), asset: "GOLD".into() },
            effective_at: None,
            reference: None,
            metadata: None,
        };
        match self.ask::<CreditVirtualLedger>(Variables { input })?.credit_virtual_ledger {
            Some(Answer::TransferSuccess(_)) => Ok(()),
            other => Err(format!("{other:?}").into()),
        }
    }

    fn transfer(&self, debit_id: &str, credit_id: &str, value: &str) -> Done<()> {
        use post_transfer::{PostTransferPostTransfer as Answer, *};
        let input = PostTransferInput {
            idempotency_key: format!("pay {value}"),
            debit_id: debit_id.into(),
            credit_id: credit_id.into(),
            amount: MoneyInput { value: value.into(), asset: "GOLD".into() },
            effective_at: None,
            reference: None,
            metadata: None,
        };
        match self.ask::<PostTransfer>(Variables { input })?.post_transfer {
            Some(Answer::TransferSuccess(posted)) => {
                println!("transfer: {}, replayed: {}", posted.transfer.amount.value, posted.replayed);
                Ok(())
            }
            Some(Answer::InsufficientFundsError(lacking)) => {
                println!("refused: {:?}, {} available", lacking.code, lacking.available.value);
                Ok(())
            }
            other => Err(format!("{other:?}").into()),
        }
    }

    fn read_entries(&self, ledger_id: &str) -> Done<()> {
        let mut after = None;
        for number in 1.. {
            let variables = entries::Variables { ledger_id: ledger_id.into(), first: 2, after };
            let page = self.ask::<Entries>(variables)?.ledger.ok_or("there is no such ledger")?.entries;
            let told: Vec<String> = page
                .edges
                .iter()
                .map(|edge| &edge.node)
                .map(|entry| format!("#{} {:?} {}", entry.sequence, entry.direction, entry.amount.value))
                .collect();
            println!("page {number}: {}", told.join(", "));
            if !page.page_info.has_next_page {
                break;
            }
            after = page.page_info.end_cursor;
        }
        Ok(())
    }
}

fn main() -> Done<()> {
    let story = Story {
        http: reqwest::blocking::Client::new(),
        url: format!("{}/graphql", env::var("QUAESTOR_URL")?),
        key: format!("API-Key {}", env::var("QUAESTOR_API_KEY")?),
    };
    let holder_id = story.create_holder("Ada Lovelace")?;
    let payer = story.issue_ledger(&holder_id, "payer")?;
    println!("ledger: {} {:?}", payer.asset, payer.status);
    let payee = story.issue_ledger(&holder_id, "payee")?;
    story.credit(&payer.id)?;
    for value in ["1", "1", "1000", "2"] {
        story.transfer(&payer.id, &payee.id, value)?;
    }
    story.read_entries(&payer.id)
}
