"""Settings of the warehouse: the file in the state folder, or a lake that many machines share."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from meteo_assets.secret_settings import secret_of
from meteo_core.home import Home
from meteo_core.warehouse import SCHEME, Lake, LakePlace, ObjectStore, Warehouse, WarehouseError


class WarehouseSettings(BaseSettings):
    """What an operator may set about where the tables are. Part of `Settings`."""

    warehouse: Annotated[str | None, Field(repr=False)] = None
    """`ducklake:postgresql://USER@HOST/DATABASE` or `ducklake:FILE`; default: a file in the state folder."""
    warehouse_password: SecretStr | None = None
    """Password of the lake's catalog; by default libpq looks for one itself (PGPASSFILE, .pgpass)."""
    warehouse_password_file: Path | None = None
    """File that holds that password, instead."""
    lake_data: str | None = None
    """Folder or `s3://BUCKET/PREFIX` of the lake's files; by default `lake` in the state folder."""
    lake_keep_days: Annotated[int, Field(ge=1)] = 30
    """Days for which the lake can be read as it was; older snapshots are dropped."""
    s3_endpoint: str | None = None
    """Object store, such as http://127.0.0.1:8333; by default Amazon's."""
    s3_region: str = "us-east-1"
    """Its region, where it has any."""
    s3_key_id: str | None = None
    """Name of the key to it."""
    s3_secret: SecretStr | None = None
    """The key."""
    s3_secret_file: Path | None = None
    """File that holds the key, instead."""

    def warehouse_in(self, home: Home) -> Warehouse:
        """All tables, wherever they are; raises as `warehouse_at`."""
        if self.warehouse is None:
            return Warehouse(home.warehouse)
        return self.warehouse_at(self.warehouse, data=self.lake_data or str(home.lake))

    def warehouse_at(self, address: str, *, data: str | None) -> Warehouse:
        """Tables at an address: of a lake, or the path of a file. Keys and passwords are those set here.

        Raises `WarehouseError` for settings that cannot be, and `UnreadableSecret`.
        """
        if not address.startswith(SCHEME):
            if "://" in address:
                raise WarehouseError(
                    f"a warehouse is a file or begins with {SCHEME}; METEO_WAREHOUSE does not"
                )
            return Warehouse(Path(address).absolute())
        place = LakePlace(
            address,
            data=data,
            password=secret_of(
                self.warehouse_password,
                self.warehouse_password_file,
                setting="METEO_WAREHOUSE_PASSWORD_FILE",
            ),
            objects=ObjectStore(
                endpoint=self.s3_endpoint,
                region=self.s3_region,
                key_id=self.s3_key_id,
                secret=secret_of(self.s3_secret, self.s3_secret_file, setting="METEO_S3_SECRET_FILE"),
            ),
        )
        return Warehouse(Lake(place))

    @property
    def lake_keep(self) -> timedelta:
        """How far back the lake can be read as it was."""
        return timedelta(days=self.lake_keep_days)
