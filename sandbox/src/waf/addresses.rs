//! Addresses: sets of them, and those that headers claim.

use std::net::IpAddr;

use ipnet::IpNet;

use super::Request;
use super::component::header;
use crate::template::model::{ForwardedIp, Position};

/// How many addresses of a header `ANY` looks at, from its end.
const ANY_OF: usize = 10;

/// A set of addresses that is quick to ask, however many blocks it has.
pub(super) struct AddressSet(Vec<IpNet>);

impl AddressSet {
    pub(super) fn new(blocks: &[IpNet]) -> Self {
        let mut blocks = IpNet::aggregate(&blocks.to_vec());
        blocks.sort_unstable();
        Self(blocks)
    }

    /// Whether an address is in it. Blocks neither overlap nor touch, so only
    /// the last one that starts before the address can have it.
    pub(super) fn contains(&self, address: IpAddr) -> bool {
        let after = self.0.partition_point(|block| block.network() <= address);
        let block = after.checked_sub(1).and_then(|index| self.0.get(index));
        block.is_some_and(|block| block.contains(&address))
    }
}

/// What a header says about the client's address.
pub(super) enum Claim {
    /// The request does not have the header: `FallbackBehavior` is not for this.
    Absent,
    /// There is no valid address at the position.
    Invalid,
    /// These are.
    Addresses(Vec<IpAddr>),
}

/// Reads the addresses at the position that a statement names.
pub(super) fn claimed(request: &Request<'_>, config: &ForwardedIp) -> Claim {
    let Some(value) = header(request, &config.header) else {
        return Claim::Absent;
    };
    let mut items = value
        .split(',')
        .map(|item| item.trim().parse::<IpAddr>().ok());
    let addresses: Vec<IpAddr> = match config.position {
        Position::First => items.next().flatten().into_iter().collect(),
        Position::Last => items.next_back().flatten().into_iter().collect(),
        Position::Any => items.rev().take(ANY_OF).flatten().collect(),
    };
    match addresses.is_empty() {
        true => Claim::Invalid,
        false => Claim::Addresses(addresses),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn block() -> impl Strategy<Value = IpNet> {
        // Few bits in front, so that blocks meet, touch and hold each other.
        let v4 = (0u32..64, 1u8..=32).prop_map(|(high, length)| {
            let address = std::net::Ipv4Addr::from(high << 26);
            IpNet::new(address.into(), length)
        });
        let v6 = (0u128..64, 1u8..=128).prop_map(|(high, length)| {
            let address = std::net::Ipv6Addr::from(high << 122);
            IpNet::new(address.into(), length)
        });
        prop_oneof![v4, v6].prop_map(|net| net.map(|net| net.trunc()).unwrap())
    }

    fn address() -> impl Strategy<Value = IpAddr> {
        prop_oneof![
            (0u32..64, 0u32..2)
                .prop_map(|(high, low)| IpAddr::from(std::net::Ipv4Addr::from((high << 26) | low))),
            (0u128..64, 0u128..2).prop_map(|(high, low)| IpAddr::from(std::net::Ipv6Addr::from(
                (high << 122) | low
            ))),
        ]
    }

    proptest! {
        #[test]
        fn a_set_has_what_one_of_its_blocks_has(
            blocks in proptest::collection::vec(block(), 0..12),
            address in address(),
        ) {
            let set = AddressSet::new(&blocks);
            let expected = blocks.iter().any(|block| block.contains(&address));
            prop_assert_eq!(set.contains(address), expected);
        }
    }
}
