//! The folder in which certificates and accounts are kept over restarts, readable by the hub alone.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
#[cfg(unix)]
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{SHA256, digest};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::certificate::Certificate;

/// Why the folder of certificates, `--acme-cache`, cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CertificateCacheError {
    /// It is not there and cannot be made, or nothing can be written into it.
    #[error(
        "{folder}: certificates cannot be kept here: {error}; name a folder of the hub's own with --acme-cache"
    )]
    NotWritable {
        /// The folder.
        folder: String,
        /// What the system says.
        error: io::Error,
    },
    /// Others can look into it.
    #[error(
        "{folder}: others than the hub can look into this folder, and private keys are kept here: `chmod 700` it, or name one that is not there yet with --acme-cache"
    )]
    NotPrivate {
        /// The folder.
        folder: String,
    },
    /// A file in it cannot be read, or is none of ours.
    #[error("{file}: {reason}")]
    Unusable {
        /// The file.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// See the module.
pub(super) struct Cache {
    folder: PathBuf,
    account: String,
    certificate: String,
}

impl Cache {
    /// For the certificate of `hosts`, and the account that orders it. What is of another directory, or for other hosts, has
    /// other names, so that trying with a staging directory leaves nothing behind for the true one.
    pub(super) fn new(
        folder: &Path,
        directory: &str,
        hosts: &[String],
        contacts: &[String],
    ) -> Self {
        let mut hosts: Vec<_> = hosts.iter().map(String::as_str).collect();
        hosts.sort_unstable();
        let contacts: Vec<_> = contacts.iter().map(String::as_str).collect();
        Self {
            folder: folder.to_owned(),
            account: format!("account-{}.json", name_of(directory, &contacts)),
            certificate: format!("certificate-{}.pem", name_of(directory, &hosts)),
        }
    }

    /// Makes the folder, if need be, and makes sure that it is private and can be written to.
    pub(super) fn open(&self) -> Result<(), CertificateCacheError> {
        let folder = || self.folder.display().to_string();
        let not_writable = |error| CertificateCacheError::NotWritable {
            folder: folder(),
            error,
        };
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        builder.mode(0o700);
        builder.create(&self.folder).map_err(not_writable)?;
        #[cfg(unix)]
        {
            let mode = fs::metadata(&self.folder).map_err(not_writable)?;
            // Not tightened: it may be a folder of others, named by mistake.
            if mode.permissions().mode() & 0o077 != 0 {
                return Err(CertificateCacheError::NotPrivate { folder: folder() });
            }
        }
        self.write("writable", b"")
            .and_then(|()| fs::remove_file(self.folder.join("writable")))
            .map_err(not_writable)
    }

    /// The certificate that is kept, if there is one.
    pub(super) fn certificate(&self) -> Result<Option<Certificate>, CertificateCacheError> {
        let Some(pem) = self.read(&self.certificate)? else {
            return Ok(None);
        };
        from_pem(&pem)
            .map(Some)
            .map_err(|reason| self.unusable(&self.certificate, reason))
    }

    /// Keeps a certificate: its key and its chain, in PEM.
    pub(super) fn keep_certificate(&self, pem: &str) -> Result<(), CertificateCacheError> {
        self.keep(&self.certificate, pem)
    }

    /// The account that is kept, if there is one.
    pub(super) fn account(&self) -> Result<Option<String>, CertificateCacheError> {
        self.read(&self.account)
    }

    /// Keeps an account.
    pub(super) fn keep_account(&self, json: &str) -> Result<(), CertificateCacheError> {
        self.keep(&self.account, json)
    }

    /// Forgets the account, which the directory no longer knows.
    pub(super) fn forget_account(&self) {
        // What is still there is found out by the next order.
        let _ = fs::remove_file(self.folder.join(&self.account));
    }

    fn read(&self, name: &str) -> Result<Option<String>, CertificateCacheError> {
        match fs::read_to_string(self.folder.join(name)) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.unusable(name, error.to_string())),
        }
    }

    fn keep(&self, name: &str, text: &str) -> Result<(), CertificateCacheError> {
        self.write(name, text.as_bytes())
            .map_err(|error| self.unusable(name, error.to_string()))
    }

    /// All of it or nothing, even if the machine stops in between.
    fn write(&self, name: &str, content: &[u8]) -> io::Result<()> {
        let beside = self.folder.join(format!("{name}.new"));
        // Of a hub that was stopped in the middle; whoever made it may read it.
        if let Err(error) = fs::remove_file(&beside)
            && error.kind() != io::ErrorKind::NotFound
        {
            return Err(error);
        }
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        options.mode(0o600);
        let mut file = options.open(&beside)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&beside, self.folder.join(name))?;
        File::open(&self.folder)?.sync_all()
    }

    fn unusable(&self, name: &str, reason: String) -> CertificateCacheError {
        CertificateCacheError::Unusable {
            file: self.folder.join(name).display().to_string(),
            reason,
        }
    }
}

/// Sixteen digits that stand for a directory and what is asked of it.
fn name_of(directory: &str, items: &[&str]) -> String {
    // None of them has a line break.
    let all = format!("{directory}\n{}", items.join("\n"));
    let digest = digest(&SHA256, all.as_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&digest.as_ref()[..8]);
    format!("{:016x}", u64::from_be_bytes(first))
}

/// A key and a chain, one behind the other.
pub(super) fn from_pem(pem: &str) -> Result<Certificate, String> {
    let key = PrivateKeyDer::from_pem_slice(pem.as_bytes());
    // The error may quote nothing of the key.
    let key = key.map_err(|_| "there is no private key in it")?;
    let chain = CertificateDer::pem_slice_iter(pem.as_bytes()).collect::<Result<Vec<_>, _>>();
    let chain = chain.map_err(|error| error.to_string())?;
    if chain.is_empty() {
        return Err("there is no certificate in it".to_owned());
    }
    let certificate = Certificate::new(chain, key).map_err(|error| error.to_string())?;
    match certificate.validity() {
        Some(_) => Ok(certificate),
        None => Err("the dates of the certificate cannot be read".to_owned()),
    }
}
