//! The little of DER (X.690) that finds a public key: tags and lengths, one element after the other.

/// Reads elements from the front.
pub(super) struct Reader<'a>(&'a [u8]);

/// Tags that matter here.
pub(super) const INTEGER: u8 = 0x02;
pub(super) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(super) const SEQUENCE: u8 = 0x30;
/// `[0] EXPLICIT`: the version of a certificate.
pub(super) const CONTEXT_0: u8 = 0xa0;

/// One element.
pub(super) struct Element<'a> {
    pub(super) tag: u8,
    pub(super) content: &'a [u8],
    /// With its tag and length.
    pub(super) whole: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(der: &'a [u8]) -> Self {
        Self(der)
    }

    /// The next element, if it is whole.
    pub(super) fn next(&mut self) -> Option<Element<'a>> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            // Lengths of up to four bytes; indefinite ones are not DER.
            0x81..=0x84 => {
                let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
                let length = bytes
                    .iter()
                    .fold(0_usize, |length, byte| (length << 8) | usize::from(*byte));
                (length, rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        let whole = &self.0[..self.0.len() - rest.len()];
        self.0 = rest;
        Some(Element {
            tag,
            content,
            whole,
        })
    }

    /// The next element, if it has this tag.
    pub(super) fn expect(&mut self, tag: u8) -> Option<Element<'a>> {
        self.next().filter(|element| element.tag == tag)
    }
}

/// The `SubjectPublicKeyInfo` of a certificate (RFC 5280 section 4.1), which is only taken as the wrapping of its key: neither
/// its validity nor its issuer counts.
pub(super) fn public_key_of_certificate(der: &[u8]) -> Option<&[u8]> {
    let certificate = Reader::new(der).expect(SEQUENCE)?;
    let body = Reader::new(certificate.content).expect(SEQUENCE)?;
    let mut fields = Reader::new(body.content);
    // Version (only from version 2 on), serial number, signature, issuer, validity, subject.
    let first = fields.next()?;
    let serial = if first.tag == CONTEXT_0 {
        fields.next()?
    } else {
        first
    };
    if serial.tag != INTEGER {
        return None;
    }
    for _ in 0..4 {
        fields.expect(SEQUENCE)?;
    }
    fields.expect(SEQUENCE).map(|key| key.whole)
}

/// Whether a `SubjectPublicKeyInfo` says that its key is for RSASSA-PSS alone (RFC 4055 section 1.2).
pub(super) fn is_pss_key(spki: &[u8]) -> bool {
    const PSS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a];
    let identifier = || {
        let info = Reader::new(spki).expect(SEQUENCE)?;
        let algorithm = Reader::new(info.content).expect(SEQUENCE)?;
        Reader::new(algorithm.content).expect(OBJECT_IDENTIFIER)
    };
    identifier().is_some_and(|identifier| identifier.content == PSS)
}
