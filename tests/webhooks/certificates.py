"""Certificates made for one test."""

import datetime as dt
import ssl

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = dt.timedelta(days=1)


class Authority:
    """A certificate authority, which certifies names."""

    def __init__(self, name="Private CA of Example Ltd", *, ends=DAY, begins=-DAY):
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name(name)
        self._certificate = _certified(self._name, self._key, self._name, self._key, None, begins, ends, is_ca=True)

    @property
    def pem(self):
        """Its own certificate."""
        return _pem(self._certificate)

    def certify(self, name, *, ends=DAY, begins=-DAY, password=None, key=None):
        """A certificate for this name, and its key, both PEM."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        signed = _certified(_name(name), key, self._name, self._key, name, begins, ends, is_ca=False)
        return _pem(signed), _key_pem(key, password)

    def server(self, name, folder, *, trusts=None):
        """A context of a server that is `name`, and wants a client certificate of the authority it trusts, if any."""
        certificate, key = self.certify(name)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        (folder / f"{name}.pem").write_text(key + certificate)
        context.load_cert_chain(folder / f"{name}.pem")
        if trusts is not None:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(cadata=trusts.pem)
        return context


def certificate(name, folder):
    """A context of a server that is `name`, and one of a client that trusts it."""
    authority = Authority()
    return authority.server(name, folder), ssl.create_default_context(cadata=authority.pem)


def _name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _certified(subject, key, issuer, issuer_key, host, begins, ends, *, is_ca):
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + begins)
        .not_valid_after(now + ends)
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
    )
    if host is not None:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _pem(signed):
    return signed.public_bytes(serialization.Encoding.PEM).decode()


def _key_pem(key, password):
    encryption = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption).decode()
