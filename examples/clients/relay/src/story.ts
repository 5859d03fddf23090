// What is asked. The compiler reads this file and writes `__generated__`; nothing imports it at run time.
// Each error that is handled is named: an interface alone (`... on Error`) would make every field optional.
import { graphql } from "relay-runtime";

export const createHolder = graphql`
  mutation storyCreateHolderMutation($input: CreateHolderInput!) {
    createHolder(input: $input) {
      __typename
      ... on HolderSuccess {
        holder {
          id
          name
        }
      }
      ... on Error {
        code
        message
      }
    }
  }
`;

export const issueVirtualLedger = graphql`
  mutation storyIssueVirtualLedgerMutation($input: IssueVirtualLedgerInput!) {
    issueVirtualLedger(input: $input) {
      __typename
      ... on LedgerSuccess {
        ledger {
          id
          asset
          status
        }
      }
      ... on Error {
        code
        message
      }
    }
  }
`;

export const creditVirtualLedger = graphql`
  mutation storyCreditVirtualLedgerMutation($input: VirtualMovementInput!) {
    creditVirtualLedger(input: $input) {
      __typename
      ... on Error {
        code
        message
      }
    }
  }
`;

export const postTransfer = graphql`
  mutation storyPostTransferMutation($input: PostTransferInput!) {
    postTransfer(input: $input) {
      __typename
      ... on TransferSuccess {
        transfer {
          id
          amount {
            value
          }
        }
        replayed
      }
      ... on InsufficientFundsError {
        code
        available {
          value
        }
      }
    }
  }
`;

export const entries = graphql`
  query storyEntriesQuery($ledgerId: ID!, $first: Int!, $after: String) {
    ledger(id: $ledgerId) {
      entries(first: $first, after: $after, direction: ASC) {
        edges {
          node {
            sequence
            direction
            amount {
              value
            }
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
`;
