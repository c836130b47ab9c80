from fastapi import FastAPI

from .billing import router as billing
from .users import users

api = FastAPI(title="Shop")
api.include_router(users, prefix="/users")
api.include_router(billing)
