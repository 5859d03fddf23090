//! The story with cynic: the documents are made from these structs, and checked against the schema by the compiler. Run it
//! with `QUAESTOR_URL=http://127.0.0.1:8000 QUAESTOR_API_KEY=… cargo run -p story-cynic`.

use std::{env, error::Error};

use cynic::{MutationBuilder, Operation, QueryBuilder, http::ReqwestBlockingExt};

#[cynic::schema("quaestor")]
mod schema {}

/// Amounts are texts: f64 would lose digits.
#[derive(cynic::Scalar, Clone, Debug)]
struct Decimal(String);

// Only fields that are used stand here: what is left out is not sent. `skip_serializing_if` leaves out a `None`.
#[derive(cynic::InputObject)]
struct PersonInput {
    name: String,
}

#[derive(cynic::InputObject)]
struct HolderPartyInput {
    person: Option<PersonInput>,
}

#[derive(cynic::InputObject)]
struct CreateHolderInput {
    party: HolderPartyInput,
    idempotency_key: Option<String>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
}

#[derive(cynic::InputObject)]
struct IssueVirtualLedgerInput {
    asset: String,
    holder_id: Option<cynic::Id>,
    idempotency_key: Option<String>,
}

#[derive(cynic::InputObject)]
struct MoneyInput {
    value: Decimal,
    asset: String,
}

#[derive(cynic::InputObject)]
struct VirtualMovementInput {
    idempotency_key: String,
    ledger_id: cynic::Id,
    amount: MoneyInput,
}

#[derive(cynic::InputObject)]
struct PostTransferInput {
    idempotency_key: String,
    debit_id: cynic::Id,
    credit_id: cynic::Id,
    amount: MoneyInput,
}

// A union's variants are its members, never the interface `Error`: each error that matters is named. `fallback` takes
// the others, those too that are added later.
#[derive(cynic::QueryFragment, Debug)]
struct ValidationError {
    message: String,
}

#[derive(cynic::QueryFragment, Debug)]
struct Money {
    value: Decimal,
}

#[derive(cynic::QueryFragment, Debug)]
struct InsufficientFundsError {
    code: ErrorCode,
    available: Money,
}

#[derive(cynic::Enum, Clone, Copy, Debug)]
#[cynic(rename_all = "SCREAMING_SNAKE_CASE", non_exhaustive)]
enum ErrorCode {
    InsufficientFunds,
    Validation,
    #[cynic(fallback)]
    Other,
}

#[derive(cynic::QueryFragment, Debug)]
struct Holder {
    id: cynic::Id,
    name: String,
}

#[derive(cynic::QueryFragment, Debug)]
struct HolderSuccess {
    holder: Holder,
}

#[derive(cynic::InlineFragments, Debug)]
enum HolderResult {
    HolderSuccess(HolderSuccess),
    ValidationError(ValidationError),
    #[cynic(fallback)]
    Other,
}

#[derive(cynic::QueryVariables)]
struct CreateHolderVariables {
    input: CreateHolderInput,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "CreateHolderVariables")]
struct CreateHolder {
    #[arguments(input: $input)]
    create_holder: Option<HolderResult>,
}

#[derive(cynic::Enum, Clone, Copy, Debug)]
#[cynic(rename_all = "SCREAMING_SNAKE_CASE")]
enum LedgerStatus {
    Pending,
    MissingData,
    Ok,
    Error,
    Declined,
    Closed,
}

#[derive(cynic::QueryFragment, Debug)]
struct Ledger {
    id: cynic::Id,
    asset: String,
    status: LedgerStatus,
}

#[derive(cynic::QueryFragment, Debug)]
struct LedgerSuccess {
    ledger: Ledger,
}

#[derive(cynic::InlineFragments, Debug)]
enum LedgerResult {
    LedgerSuccess(LedgerSuccess),
    ValidationError(ValidationError),
    #[cynic(fallback)]
    Other,
}

#[derive(cynic::QueryVariables)]
struct IssueVirtualLedgerVariables {
    input: IssueVirtualLedgerInput,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "IssueVirtualLedgerVariables")]
struct IssueVirtualLedger {
    #[arguments(input: $input)]
    issue_virtual_ledger: Option<LedgerResult>,
}

#[derive(cynic::QueryFragment, Debug)]
struct Transfer {
    amount: Money,
}

#[derive(cynic::QueryFragment, Debug)]
struct TransferSuccess {
    transfer: Transfer,
    replayed: bool,
}

#[derive(cynic::InlineFragments, Debug)]
enum TransferResult {
    TransferSuccess(TransferSuccess),
    InsufficientFundsError(InsufficientFundsError),
    ValidationError(ValidationError),
    #[cynic(fallback)]
    Other,
}

#[derive(cynic::QueryVariables)]
struct CreditVirtualLedgerVariables {
    input: VirtualMovementInput,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "CreditVirtualLedgerVariables")]
struct CreditVirtualLedger {
    #[arguments(input: $input)]
    credit_virtual_ledger: Option<TransferResult>,
}

#[derive(cynic::QueryVariables)]
struct PostTransferVariables {
    input: PostTransferInput,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "PostTransferVariables")]
struct PostTransfer {
    #[arguments(input: $input)]
    post_transfer: Option<TransferResult>,
}

#[derive(cynic::Enum, Clone, Copy, Debug)]
#[cynic(rename_all = "SCREAMING_SNAKE_CASE")]
enum EntryDirection {
    Debit,
    Credit,
}

#[derive(cynic::QueryFragment)]
struct Entry {
    sequence: String,
    direction: EntryDirection,
    amount: Money,
}

#[derive(cynic::QueryFragment)]
struct EntryEdge {
    node: Entry,
}

#[derive(cynic::QueryFragment)]
struct PageInfo {
    has_next_page: bool,
    end_cursor: Option<String>,
}

#[derive(cynic::QueryFragment)]
struct EntryConnection {
    edges: Vec<EntryEdge>,
    page_info: PageInfo,
}

#[derive(cynic::QueryVariables)]
struct EntriesVariables {
    ledger_id: cynic::Id,
    first: i32,
    after: Option<String>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Ledger", variables = "EntriesVariables")]
struct LedgerWithEntries {
    #[arguments(first: $first, after: $after, direction: ASC)]
    entries: EntryConnection,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Query", variables = "EntriesVariables")]
struct Entries {
    #[arguments(id: $ledger_id)]
    ledger: Option<LedgerWithEntries>,
}

type Done<T> = Result<T, Box<dyn Error>>;

struct Story {
    http: reqwest::blocking::Client,
    url: String,
    key: String,
}

impl Story {
    fn ask<Data, Variables>(&self, operation: Operation<Data, Variables>) -> Done<Data>
    where
        Data: serde::de::DeserializeOwned + 'static,
        Variables: serde::Serialize,
    {
        let asked = self.http.post(&self.url).header("Authorization", &self.key);
        let answer = asked.run_graphql(operation)?;
        match (answer.data, answer.errors) {
            (Some(data), None) => Ok(data),
            (_, errors) => Err(format!("{errors:?}").into()),
        }
    }

    fn create_holder(&self, name: &str) -> Done<cynic::Id> {
        let person = PersonInput { name: name.into() };
        let party = HolderPartyInput { person: Some(person) };
        let input = CreateHolderInput { party, idempotency_key: Some("holder".into()), email: None };
        let asked = CreateHolder::build(CreateHolderVariables { input });
        match self.ask(asked)?.create_holder {
            Some(HolderResult::HolderSuccess(made)) => {
                println!("holder: {}", made.holder.name);
                Ok(made.holder.id)
            }
            Some(HolderResult::ValidationError(fault)) => Err(fault.message.into()),
            other => Err(format!("{other:?}").into()),
        }
    }

    fn issue_ledger(&self, holder_id: &cynic::Id, key: &str) -> Done<Ledger> {
        let input = IssueVirtualLedgerInput {
            asset: "GOLD".into(),
            holder_id: Some(holder_id.clone()),
            idempotency_key: Some(key.into()),
        };
        let asked = IssueVirtualLedger::build(IssueVirtualLedgerVariables { input });
        match self.ask(asked)?.issue_virtual_ledger {
            Some(LedgerResult::LedgerSuccess(issued)) => Ok(issued.ledger),
            Some(LedgerResult::ValidationError(fault)) => Err(fault.message.into()),
            other => Err(format!("{other:?}").into()),
        }
    }

    fn credit(&self, ledger_id: &cynic::Id) -> Done<()> {
        let input =
            VirtualMovementInput { idempotency_key: "credit".into(), ledger_id: ledger_id.clone(), amount: gold("10") };
        let asked = CreditVirtualLedger::build(CreditVirtualLedgerVariables { input });
        match self.ask(asked)?.credit_virtual_ledger {
            Some(TransferResult::TransferSuccess(_)) => Ok(()),
            Some(TransferResult::ValidationError(fault)) => Err(fault.message.into()),
            other => Err(format!("{other:?}").into()),
        }
    }

    fn transfer(&self, debit_id: &cynic::Id, credit_id: &cynic::Id, value: &str) -> Done<()> {
        let input = PostTransferInput {
            idempotency_key: format!("pay {value}"),
            debit_id: debit_id.clone(),
            credit_id: credit_id.clone(),
            amount: gold(value),
        };
        match self.ask(PostTransfer::build(PostTransferVariables { input }))?.post_transfer {
            Some(TransferResult::TransferSuccess(posted)) => {
                println!("transfer: {}, replayed: {}", posted.transfer.amount.value.0, posted.replayed);
                Ok(())
            }
            Some(TransferResult::InsufficientFundsError(lacking)) => {
                assert!(matches!(lacking.code, ErrorCode::InsufficientFunds));
                println!("refused: INSUFFICIENT_FUNDS, {} available", lacking.available.value.0);
                Ok(())
            }
            other => Err(format!("{other:?}").into()),
        }
    }

    fn read_entries(&self, ledger_id: &cynic::Id) -> Done<()> {
        let mut after = None;
        for number in 1.. {
            let variables = EntriesVariables { ledger_id: ledger_id.clone(), first: 2, after };
            let page = self.ask(Entries::build(variables))?.ledger.ok_or("there is no such ledger")?.entries;
            let told: Vec<String> = page
                .edges
                .iter()
                .map(|edge| &edge.node)
                .map(|entry| {
                    let direction = format!("{:?}", entry.direction).to_uppercase();
                    format!("#{} {direction} {}", entry.sequence, entry.amount.value.0)
                })
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

fn gold(value: &str) -> MoneyInput {
    MoneyInput { value: Decimal(value.into()), asset: "GOLD".into() }
}

fn main() -> Done<()> {
    let story = Story {
        http: reqwest::blocking::Client::new(),
        url: format!("{}/graphql", env::var("QUAESTOR_URL")?),
        key: format!("API-Key {}", env::var("QUAESTOR_API_KEY")?),
    };
    let holder_id = story.create_holder("Ada Lovelace")?;
    let payer = story.issue_ledger(&holder_id, "payer")?;
    println!("ledger: {} {}", payer.asset, format!("{:?}", payer.status).to_uppercase());
    let payee = story.issue_ledger(&holder_id, "payee")?;
    story.credit(&payer.id)?;
    for value in ["1", "1", "1000", "2"] {
        story.transfer(&payer.id, &payee.id, value)?;
    }
    story.read_entries(&payer.id)
}
