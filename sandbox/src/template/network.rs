//! `Fn::Cidr`: address blocks cut from a larger one.

use std::net::IpAddr;

/// Cuts `count` blocks with `bits` free bits each from the start of `block`.
/// Says what is wrong in words that follow `Fn::Cidr: `.
pub(super) fn blocks(block: &str, count: u32, bits: u32) -> Result<Vec<String>, String> {
    let unreadable = || format!("`{block}` is not an address block such as 10.0.0.0/16");
    let (address, prefix) = block.split_once('/').ok_or_else(unreadable)?;
    let address: IpAddr = address.parse().map_err(|_| unreadable())?;
    let prefix: u32 = prefix.parse().map_err(|_| unreadable())?;
    let (width, start) = match address {
        IpAddr::V4(address) => (32, u128::from(address.to_bits())),
        IpAddr::V6(address) => (128, address.to_bits()),
    };
    if prefix > width {
        return Err(unreadable());
    }
    if !(1..=256).contains(&count) {
        return Err(format!("the count must be from 1 to 256, found {count}"));
    }
    let free = width - prefix;
    // Shifts below stay under 128: a block of 128 free bits is refused unless
    // it is the whole of ::/0, of which only one block can be cut.
    if bits == 0
        || bits > free
        || u128::from(count) > 1u128.checked_shl(free - bits).unwrap_or(u128::MAX)
    {
        return Err(format!(
            "{block} has no room for {count} blocks of {bits} bits"
        ));
    }
    let mask = u128::MAX.checked_shl(free).unwrap_or(0);
    let (first, prefix) = (start & mask, width - bits);
    Ok((0..u128::from(count))
        .map(|index| {
            let bits = first | index.checked_shl(bits).unwrap_or(0);
            match address {
                IpAddr::V4(_) => {
                    let address = u32::try_from(bits).unwrap_or_default();
                    format!("{}/{prefix}", std::net::Ipv4Addr::from_bits(address))
                }
                IpAddr::V6(_) => format!("{}/{prefix}", std::net::Ipv6Addr::from_bits(bits)),
            }
        })
        .collect())
}
