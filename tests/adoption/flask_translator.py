# mypy: ignore-errors
"""A translator as Flask applications are: its models, and Flask-Migrate for its migrations.

The test appends the lines that docs/adopting.md shows, or the one line that it has without them.
"""

import os

from flask import Flask
from flask_migrate import Migrate  # noqa: F401 (the lines call it)
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["TRANSLATOR_URL"]
db = SQLAlchemy(app)


class User(db.Model):
    __tablename__ = "dt_users"
    id = db.Column(db.Integer, primary_key=True)
    username = db.Column(db.String(100), nullable=False, unique=True)
    display_name = db.Column(db.String(200), nullable=False)
    email = db.Column(db.String(255), nullable=False)
    department = db.Column(db.String(100))
    is_admin = db.Column(db.Boolean)
    created_at = db.Column(db.DateTime)


class Job(db.Model):
    __tablename__ = "dt_translation_jobs"
    id = db.Column(db.Integer, primary_key=True)
    user_id = db.Column(db.Integer, db.ForeignKey("dt_users.id"), nullable=False)
    job_uuid = db.Column(db.String(36), nullable=False)
    original_filename = db.Column(db.String(500), nullable=False)
    status = db.Column(db.String(20))


class APIUsageStats(db.Model):
    __tablename__ = "dt_api_usage_stats"
    id = db.Column(db.Integer, primary_key=True)
    user_id = db.Column(
        db.Integer, db.ForeignKey("dt_users.id"), nullable=False, comment="使用者ID"
    )
    job_id = db.Column(db.Integer, db.ForeignKey("dt_translation_jobs.id"), comment="任務ID")
    api_endpoint = db.Column(db.String(200), nullable=False, comment="API端點")
    prompt_tokens = db.Column(db.Integer, comment="Prompt token數")
    completion_tokens = db.Column(db.Integer, comment="Completion token數")
    total_tokens = db.Column(db.Integer, comment="總token數")
    prompt_unit_price = db.Column(db.Numeric(10, 8), comment="單價")
    prompt_price_unit = db.Column(db.String(20), comment="價格單位")
    cost = db.Column(db.Numeric(10, 4), comment="成本")
    response_time_ms = db.Column(db.Integer, comment="回應時間(毫秒)")
    success = db.Column(db.Boolean, comment="是否成功")
    error_message = db.Column(db.Text, comment="錯誤訊息")
    created_at = db.Column(db.DateTime, comment="建立時間")
